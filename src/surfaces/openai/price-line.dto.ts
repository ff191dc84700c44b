import { ApiProperty } from '@nestjs/swagger';

/** One line of a quote or a receipt. */
export class PriceLineDto {
  @ApiProperty({ example: 'image 1k, quality high' })
  label: string;

  @ApiProperty({ type: 'integer', example: 2 })
  quantity: number;

  @ApiProperty({ description: 'Credits for one.', example: 2 })
  unit: number;

  @ApiProperty({ description: 'Credits for the line.', example: 4 })
  amount: number;
}
