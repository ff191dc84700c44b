import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { UpstreamsService } from '../upstreams/index.js';
import { AdminApi } from './admin-api.decorator.js';
import { toUpstreamDto } from './mapper.js';
import { UpstreamListDto } from './upstreams.dto.js';

@AdminApi()
export class UpstreamsController {
  constructor(private readonly upstreams: UpstreamsService) {}

  @Get('upstreams')
  @ApiOperation({ operationId: 'listUpstreams', summary: 'List upstreams with health and load' })
  @ApiOkResponse({ type: UpstreamListDto })
  list(): UpstreamListDto {
    return { data: this.upstreams.list().map(toUpstreamDto) };
  }
}
