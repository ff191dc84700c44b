import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type CallToolResult, CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { TestApp } from '../support/app.js';

/** What every tool that answers with pictures says in fields. */
export interface Structured {
  readonly id: string;
  readonly status: string;
  readonly credits: { readonly charged: number; readonly held: number };
  readonly images: readonly {
    readonly image_id: string;
    readonly url: string;
    readonly media_type: string;
    readonly bytes: number;
  }[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface ToolAnswer {
  readonly failed: boolean;
  /** Every text there is, in lines. */
  readonly text: string;
  /** Our code, of a failure. */
  readonly code: string | undefined;
  readonly facts: Structured & Readonly<Record<string, unknown>>;
  readonly content: CallToolResult['content'];
  readonly meta: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The protocol's own client, as programs use it. It holds each answer against the tool's schema. */
export class McpClient {
  readonly client = new Client({ name: 'test', version: '1' });

  static async of(app: TestApp, secret: string): Promise<McpClient> {
    const mcp = new McpClient();
    const headers = { authorization: `Bearer ${secret}` };
    const url = new URL(`${app.url}/mcp`);
    await mcp.client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
    // From here on it knows what each tool answers.
    await mcp.client.listTools();
    return mcp;
  }

  async call(name: string, sent: object = {}, options?: RequestOptions): Promise<ToolAnswer> {
    const params = { name, arguments: sent as Record<string, unknown> };
    const answer = await this.client.callTool(params, CallToolResultSchema, options);
    return toAnswer(answer as CallToolResult);
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

function toAnswer({ isError, content, structuredContent, _meta }: CallToolResult): ToolAnswer {
  const texts = content.map((block) => (block.type === 'text' ? block.text : ''));
  const meta = (_meta ?? {}) as ToolAnswer['meta'];
  return {
    failed: isError === true,
    text: texts.filter(Boolean).join('\n'),
    code: meta['easel/error']?.code as string | undefined,
    facts: (structuredContent ?? {}) as ToolAnswer['facts'],
    content,
    meta,
  };
}

/** One message as it stands, whatever a proper client would do. */
export function post(
  app: TestApp,
  secret: string | null,
  body: unknown,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(`${app.url}/mcp`, {
    method: 'POST',
    signal,
    headers: {
      ...(secret !== null && { authorization: `Bearer ${secret}` }),
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...headers,
    },
    body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });
}

/** A call of a tool as a message. */
export function callOf(name: string, sent: unknown, more: object = {}): object {
  return {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, arguments: sent, ...more },
  };
}
