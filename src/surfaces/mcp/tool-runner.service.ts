import { Injectable } from '@nestjs/common';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { AdmissionService, IpBlocks } from '../../admission/index.js';
import { requireScope } from '../../api-keys/index.js';
import { logFailure, toFailure } from '../../surface-kit/index.js';
import type { McpTool, ToolCall } from './tool.js';
import { toToolFailure } from './tool-failure.js';

/**
 * Calls a tool for a caller who may. What is asked of a call, in this order: the
 * tool's scope, the rate, blocked addresses; then its arguments. A session's
 * other messages cost nothing and count against no limit.
 */
@Injectable()
export class ToolRunner {
  constructor(
    private readonly admission: AdmissionService,
    private readonly blocks: IpBlocks,
  ) {}

  /** Never rejects: a client's model can only mend what it is told as a result. */
  async run(tool: McpTool, call: ToolCall): Promise<CallToolResult> {
    try {
      await this.admit(tool, call);
      return await tool.run(call);
    } catch (error) {
      const failure = toFailure(error);
      logFailure(failure, error);
      return toToolFailure(failure);
    }
  }

  private async admit(tool: McpTool, { caller, request }: ToolCall): Promise<void> {
    if (tool.scope !== null) requireScope(caller, tool.scope);
    await this.admission.admit(caller);
    if (tool.makesImages) this.blocks.refuse(request.ip);
  }
}
