import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min, ValidateIf } from 'class-validator';

/** A hundred years: longer is for ever. */
const MAX_DAYS = 36_500;

export class RetentionDto {
  @ApiProperty({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: MAX_DAYS,
    example: 30,
    description: 'Days that prompts and input images are kept after their request. Null: for ever.',
  })
  @ValidateIf(({ inputsDays }: RetentionDto) => inputsDays !== null)
  @IsInt()
  @Min(1)
  @Max(MAX_DAYS)
  inputsDays: number | null;
}
