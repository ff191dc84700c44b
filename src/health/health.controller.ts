import { Controller, Get, HttpStatus, Res, ServiceUnavailableException } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import { HealthCheckService } from '@nestjs/terminus';
import type { Response } from 'express';
import { DrainService } from '../observability/drain.service.js';
import { LiveDto, ReadyDto } from './health.dto.js';
import { ReadinessService } from './readiness.service.js';

@ApiTags('operations')
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly readiness: ReadinessService,
    private readonly drain: DrainService,
  ) {}

  /** Restarting does not mend a database, so liveness asks nobody but the event loop. */
  @Get('live')
  @ApiOperation({ operationId: 'getLive', summary: 'Whether the process turns' })
  @ApiOkResponse({ type: LiveDto })
  live(): LiveDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ operationId: 'getReady', summary: 'Whether to send requests here' })
  @ApiOkResponse({ type: ReadyDto })
  @ApiServiceUnavailableResponse({ type: ReadyDto, description: 'Not now; `error` says why.' })
  async ready(@Res({ passthrough: true }) response: Response): Promise<unknown> {
    this.drain.noteProbe();
    try {
      return await this.health.check(this.readiness.checks());
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      response.status(HttpStatus.SERVICE_UNAVAILABLE);
      return error.getResponse();
    }
  }
}
