import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  type CallToolRequest,
  CallToolRequestParamsSchema,
  ListToolsRequestSchema,
  type ServerNotification,
} from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import type { Caller } from '../../api-keys/index.js';
import type { JsonObject } from '../../common/strict-json.js';
import { publicName } from '../../surface-kit/index.js';
import { checkMessage } from './message-check.js';
import { INVALID_PARAMS, METHOD_NOT_FOUND } from './message-refusal.js';
import { Progress } from './progress.js';
import type { Exchange } from './tool.js';
import type { Toolbox } from './tools/toolbox.service.js';
import type { ToolRunner } from './tool-runner.service.js';

/** Of this endpoint, not of the program. */
const SERVER_INFO = { name: 'easel', title: 'Easel', version: '1.0.0' };

const INSTRUCTIONS =
  'Makes and edits pictures for credits. list_models says what may be asked for and what it costs. ' +
  'A picture that takes long is answered with its id and status "processing": call get_image with ' +
  'the id, never generate_image again.';

/** Costly to make, and a server insists on one. */
const VALIDATOR = new AjvJsonSchemaValidator();

/** The library's own error writes its number into the message, which clients do once more. */
class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
    this.name = RpcError.name;
  }
}

type Call = CallToolRequest['params'];

/** What the library says of a call beside its parameters. */
interface CallFacts {
  readonly signal: AbortSignal;
  readonly sendNotification: (notification: ServerNotification) => Promise<void>;
}

/** Who sent a message, and what may be called. */
export interface Conversation extends Exchange {
  readonly caller: Caller;
  readonly toolbox: Toolbox;
  readonly runner: ToolRunner;
}

/**
 * Answers one message. The library's plain `Server` is used, because its
 * convenient one replaces our refusals by those of another validator.
 *
 * Resolves when the answer is written, or nobody is left to read it.
 *
 * @throws MessageRefusal as `checkMessage`
 */
export async function answerMessage(message: JsonObject, who: Conversation): Promise<void> {
  checkMessage(message);
  const { request, response } = who;
  const server = serverFor(who);
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: undefined,
    enableJsonResponse: !asksForProgress(message),
  });
  response.once('close', () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, message);
}

function serverFor(who: Conversation): Server {
  const server = new Server(SERVER_INFO, {
    capabilities: { tools: {} },
    instructions: INSTRUCTIONS,
    jsonSchemaValidator: VALIDATOR,
  });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: who.toolbox.definitions }));
  server.fallbackRequestHandler = (request, facts) => callTool(toCall(request), facts, who);
  return server;
}

/** @throws RpcError for a tool there is none of: that is the client's fault, not its model's */
function callTool(
  { name, arguments: sent = {}, _meta }: Call,
  { signal, sendNotification }: CallFacts,
  { toolbox, runner, caller, request, response }: Conversation,
) {
  const tool = toolbox.find(name);
  if (!tool) throw new RpcError(INVALID_PARAMS, `There is no tool ${publicName(name)}.`);
  const progress = new Progress(_meta?.progressToken, sendNotification);
  const call = { caller, request, response, sent: sent as JsonObject, progress, signal };
  return runner.run(tool, call);
}

/**
 * The library answers a call it cannot read as a fault of its own.
 *
 * @throws RpcError that says whose it is
 */
function toCall({ method, params }: { method: string; params?: unknown }): Call {
  if (method !== 'tools/call') throw new RpcError(METHOD_NOT_FOUND, 'Method not found.');
  const call = CallToolRequestParamsSchema.safeParse(params);
  if (call.success) return call.data;
  throw new RpcError(
    INVALID_PARAMS,
    'tools/call takes the name of a tool, and its arguments as an object.',
  );
}

/** Only a stream can carry news before the answer; every other answer is plain JSON. */
function asksForProgress({ params }: JsonObject): boolean {
  const { _meta: meta } = (params ?? {}) as JsonObject;
  return typeof meta === 'object' && meta !== null && 'progressToken' in meta;
}
