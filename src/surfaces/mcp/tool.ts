import type { CallToolResult, Tool } from '@modelcontextprotocol/sdk/types.js';
import type { Request, Response } from 'express';
import type { Caller, Scope } from '../../api-keys/index.js';
import type { JsonObject } from '../../common/strict-json.js';
import type { Progress } from './progress.js';

/** One HTTP request and the answer to it. */
export interface Exchange {
  readonly request: Request;
  readonly response: Response;
}

/** One call of a tool. */
export interface ToolCall extends Exchange {
  readonly caller: Caller;
  /** As they were sent; each tool reads its own. */
  readonly sent: JsonObject;
  readonly progress: Progress;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Something a client's model may do here. */
export interface McpTool {
  readonly definition: Tool;
  /** What the key must be allowed; null: nothing but to be a key. */
  readonly scope: Scope | null;
  /** Blocked addresses may not call it. */
  readonly makesImages: boolean;
  /** @throws DomainError whatever the caller is to be told */
  run(call: ToolCall): Promise<CallToolResult>;
}
