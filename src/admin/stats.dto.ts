import { ApiProperty } from '@nestjs/swagger';
import { AdminBalanceDto } from './accounts.dto.js';

export class DayDto {
  @ApiProperty({ type: 'integer' })
  generations: number;

  @ApiProperty({ type: 'integer' })
  succeeded: number;

  @ApiProperty({ type: 'integer' })
  failed: number;

  @ApiProperty({ type: 'integer' })
  images: number;

  @ApiProperty({ description: 'Credits.' })
  captured: number;
}

export class StatsDto {
  @ApiProperty({ type: 'integer' })
  accounts: number;

  @ApiProperty({ type: 'integer', description: 'Neither revoked nor expired.' })
  apiKeys: number;

  @ApiProperty({ type: AdminBalanceDto, description: 'Of all accounts together.' })
  credits: AdminBalanceDto;

  @ApiProperty({ type: 'integer', description: 'Generations that have not ended.' })
  inFlight: number;

  @ApiProperty({ type: DayDto, description: 'Generations that began in the last 24 hours.' })
  lastDay: DayDto;
}
