import { Controller, Post, Req, Res, UseFilters, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiKeyGuard, type Caller, CurrentCaller } from '../../api-keys/index.js';
import { AnswerHeadersInterceptor } from '../../surface-kit/index.js';
import { readMessage } from './message.reader.js';
import { McpErrorFilter } from './mcp-error.filter.js';
import { McpServers } from './mcp-server.service.js';
import { ApiMcp } from './mcp.docs.js';
import { OriginGuard } from './origin.guard.js';
import { PATH } from './path.js';

/**
 * Model Context Protocol, streamable HTTP without sessions: one message per
 * POST, and no stream of the server's own, so GET and DELETE are 405.
 */
@Controller(PATH)
@UseGuards(OriginGuard, ApiKeyGuard.for({ headers: ['bearer'] }))
@UseInterceptors(AnswerHeadersInterceptor)
@UseFilters(McpErrorFilter)
@ApiTags('MCP')
@ApiSecurity('bearer')
export class McpController {
  constructor(private readonly servers: McpServers) {}

  @Post()
  @ApiMcp()
  async receive(
    @CurrentCaller() caller: Caller,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.servers.answer(caller, await readMessage(request), { request, response });
  }
}
