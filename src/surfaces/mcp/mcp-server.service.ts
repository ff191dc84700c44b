import { Injectable } from '@nestjs/common';
import type { Caller } from '../../api-keys/index.js';
import type { JsonObject } from '../../common/strict-json.js';
import type { Exchange } from './tool.js';
import { Toolbox } from './tools/toolbox.service.js';
import { ToolRunner } from './tool-runner.service.js';

/**
 * Answers one HTTP request of a client. Nothing is kept between two requests, so
 * any process answers any of them. The protocol's library comes with the first
 * one: it takes 27 MiB and a quarter of a second, and many servers never need it.
 */
@Injectable()
export class McpServers {
  constructor(
    private readonly toolbox: Toolbox,
    private readonly runner: ToolRunner,
  ) {}

  async answer(caller: Caller, message: JsonObject, exchange: Exchange): Promise<void> {
    const { answerMessage } = await import('./protocol.js');
    const { toolbox, runner } = this;
    await answerMessage(message, { ...exchange, caller, toolbox, runner });
  }
}
