import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AdminApi } from './admin-api.decorator.js';
import { StatsDto } from './stats.dto.js';
import { StatsReader } from './stats-reader.js';

@AdminApi()
export class StatsController {
  constructor(private readonly stats: StatsReader) {}

  @Get('stats')
  @ApiOperation({ operationId: 'getStats', summary: 'Totals, and the last 24 hours' })
  @ApiOkResponse({ type: StatsDto })
  get(): Promise<StatsDto> {
    return this.stats.read();
  }
}
