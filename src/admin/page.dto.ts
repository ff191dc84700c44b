import { ApiProperty } from '@nestjs/swagger';
import { IsCount } from './fields.js';

const DEFAULT_LIMIT = 20;

/** A part of a list. */
export class PageQueryDto {
  @IsCount(1, 100, DEFAULT_LIMIT)
  limit: number = DEFAULT_LIMIT;

  @IsCount(0, 1_000_000_000, 0)
  offset: number = 0;
}

/** Beside `data` in every list that is read by offset. */
export class PageDto {
  @ApiProperty({ type: 'integer', description: 'How many there are in all.' })
  total: number;

  @ApiProperty({ type: 'integer' })
  limit: number;

  @ApiProperty({ type: 'integer' })
  offset: number;
}
