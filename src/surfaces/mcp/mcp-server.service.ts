import { Injectable } from '@nestjs/common';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  type CallToolRequest,
  CallToolRequestParamsSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type ServerNotification,
} from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import type { Caller } from '../../api-keys/index.js';
import type { JsonObject } from '../../common/strict-json.js';
import { publicName } from '../../surface-kit/index.js';
import { Progress } from './progress.js';
import type { Exchange } from './tool.js';
import { Toolbox } from './tools/toolbox.service.js';
import { ToolRunner } from './tool-runner.service.js';

/** Of this endpoint, not of the program. */
const SERVER_INFO = { name: 'easel', title: 'Easel', version: '1.0.0' };

const INSTRUCTIONS =
  'Makes and edits pictures for credits. list_models says what may be asked for and what it costs. ' +
  'A picture that takes long is answered with its id and status "processing": call get_image with ' +
  'the id, never generate_image again.';

type Call = CallToolRequest['params'];

/** What the protocol's library says of a call beside its parameters. */
interface CallFacts {
  readonly signal: AbortSignal;
  readonly sendNotification: (notification: ServerNotification) => Promise<void>;
}

/**
 * Answers one HTTP request of a client. Nothing is kept between two requests, so
 * any process answers any of them. The library's plain `Server` is used, because
 * its convenient one replaces our refusals by those of another validator.
 */
@Injectable()
export class McpServers {
  /** Costly to make, and a server insists on one. */
  private readonly validator = new AjvJsonSchemaValidator();

  constructor(
    private readonly toolbox: Toolbox,
    private readonly runner: ToolRunner,
  ) {}

  /** Resolves when the answer is written, or nobody is left to read it. */
  async answer(caller: Caller, message: JsonObject, exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const server = this.serverFor(caller, exchange);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: undefined,
      enableJsonResponse: !asksForProgress(message),
    });
    response.once('close', () => void server.close());
    await server.connect(transport);
    await transport.handleRequest(request, response, message);
  }

  private serverFor(caller: Caller, exchange: Exchange): Server {
    const server = new Server(SERVER_INFO, {
      capabilities: { tools: {} },
      instructions: INSTRUCTIONS,
      jsonSchemaValidator: this.validator,
    });
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: this.toolbox.definitions }));
    server.fallbackRequestHandler = (request, facts) =>
      this.call(toCall(request), facts, { caller, ...exchange });
    return server;
  }

  /** @throws McpError for a tool there is none of: that is the client's fault, not its model's */
  private call(
    { name, arguments: sent = {}, _meta }: Call,
    { signal, sendNotification }: CallFacts,
    who: Exchange & { readonly caller: Caller },
  ) {
    const tool = this.toolbox.find(name);
    if (!tool) throw new McpError(ErrorCode.InvalidParams, `There is no tool ${publicName(name)}.`);
    const progress = new Progress(_meta?.progressToken, sendNotification);
    return this.runner.run(tool, { ...who, sent: sent as JsonObject, progress, signal });
  }
}

/**
 * The library answers a call it cannot read as a fault of its own.
 *
 * @throws McpError that says whose it is
 */
function toCall({ method, params }: { method: string; params?: unknown }): Call {
  if (method !== 'tools/call') throw new McpError(ErrorCode.MethodNotFound, 'Method not found.');
  const call = CallToolRequestParamsSchema.safeParse(params);
  if (call.success) return call.data;
  throw new McpError(
    ErrorCode.InvalidParams,
    'tools/call takes the name of a tool, and its arguments as an object.',
  );
}

/** Only a stream can carry news before the answer; every other answer is plain JSON. */
function asksForProgress({ params }: JsonObject): boolean {
  const { _meta: meta } = (params ?? {}) as JsonObject;
  return typeof meta === 'object' && meta !== null && 'progressToken' in meta;
}
