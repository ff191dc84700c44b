import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import ipaddr from 'ipaddr.js';
import { Database } from '../database/index.js';
import { renderMetrics, watchPool } from '../observability/metrics.js';
import { AdminAuthenticator } from './admin-authenticator.js';

const FORWARDING = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/** Figures for Prometheus: for the operator, or for a scraper on this machine. */
@ApiTags('operations')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly authenticator: AdminAuthenticator,
    database: Database,
  ) {
    watchPool('database', () => database.stats);
  }

  @Get()
  @ApiOperation({ operationId: 'getMetrics', summary: 'Metrics in the format of Prometheus' })
  @ApiBearerAuth('admin')
  @ApiProduces('text/plain')
  @ApiOkResponse({ description: 'Text exposition format.', schema: { type: 'string' } })
  async metrics(@Req() request: Request, @Res() response: Response): Promise<void> {
    if (!isLocal(request)) await this.authenticator.authenticate(request);
    const { contentType, text } = await renderMetrics();
    response.type(contentType).send(text);
  }
}

/** By the connection, not by what it claims; whatever came through a proxy is not from here. */
function isLocal({ socket, headers }: Request): boolean {
  const forwarded = FORWARDING.some((name) => headers[name] !== undefined);
  return !forwarded && isLoopback(socket.remoteAddress ?? '');
}

function isLoopback(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}
