import { ApiExtraModels, ApiProperty } from '@nestjs/swagger';

export class LiveDto {
  @ApiProperty({ enum: ['ok'] })
  status: 'ok';
}

/** One of database, migrations, storage and draining. */
export class CheckDto {
  @ApiProperty({ enum: ['up', 'down'] })
  status: string;

  @ApiProperty({ required: false, example: 'The database does not answer.' })
  message?: string;
}

const CHECKS = { type: 'object', additionalProperties: { $ref: '#/components/schemas/CheckDto' } };

@ApiExtraModels(CheckDto)
export class ReadyDto {
  @ApiProperty({ enum: ['ok', 'error', 'shutting_down'] })
  status: string;

  @ApiProperty({ ...CHECKS, type: 'object', description: 'Checks that passed.' })
  info: Record<string, CheckDto>;

  @ApiProperty({ ...CHECKS, type: 'object', description: 'Checks that failed.' })
  error: Record<string, CheckDto>;

  @ApiProperty({ ...CHECKS, type: 'object', description: 'All checks.' })
  details: Record<string, CheckDto>;
}
