import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';

const id = { type: ['string', 'integer'], description: 'The client’s.' };
const version = { type: 'string', enum: ['2.0'] };

/** A request, a notification (without `id`) or a response, as JSON-RPC has it. */
const MESSAGE = {
  type: 'object',
  required: ['jsonrpc'],
  properties: {
    jsonrpc: version,
    id,
    method: { type: 'string', example: 'tools/call' },
    params: { type: 'object' },
  },
};

const CALL = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'generate_image', arguments: { prompt: 'a lighthouse above a stormy sea' } },
};

const ANSWER = {
  type: 'object',
  required: ['jsonrpc', 'id'],
  properties: { jsonrpc: version, id, result: { type: 'object' }, error: { type: 'object' } },
};

const FAILURE = {
  type: 'object',
  required: ['jsonrpc', 'id', 'error'],
  properties: {
    jsonrpc: version,
    id: { type: ['string', 'integer', 'null'], description: 'The client’s, where it can be told.' },
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: {
        code: { type: 'integer' },
        message: { type: 'string' },
        data: { type: 'object', properties: { code: { type: 'string' } } },
      },
    },
  },
};

const FAILURES = {
  400: 'No message that can be read, or a revision of the protocol that is not spoken here.',
  401: 'The API key is missing, unknown, revoked or expired.',
  403: 'A page of an origin that does not belong here, or a key used from another address.',
  406: 'Accept names application/json and text/event-stream, both.',
  413: 'The message has more than 1 MiB.',
  415: 'The message is not JSON by its headers.',
  500: 'A fault of the server, or its database is away.',
} as const;

type Body = Extract<Parameters<typeof ApiBody>[0], { schema: unknown }>;
type BodySchema = Body['schema'];

/** Documents the one operation there is. */
export function ApiMcp(): MethodDecorator {
  const json = (schema: object) => ({ 'application/json': { schema: schema as BodySchema } });
  return applyDecorators(
    HttpCode(200),
    ApiOperation({
      operationId: 'sendMessage',
      summary: 'Send one message of the Model Context Protocol',
      description:
        'Tools: generate_image, edit_image, get_image, list_models, get_balance; tools/list ' +
        'answers their schemas. There are no sessions: any message may come first.',
    }),
    ApiHeader({
      name: 'MCP-Protocol-Version',
      required: false,
      description: 'The revision that initialize agreed on.',
      schema: { type: 'string', example: '2025-11-25' },
    }),
    ApiBody({
      required: true,
      schema: MESSAGE as BodySchema,
      examples: { call: { summary: 'Call a tool', value: CALL } },
    }),
    ApiResponse({
      status: 200,
      description: 'The answer; as a stream of events when the client asked for progress.',
      content: { ...json(ANSWER), 'text/event-stream': { schema: { type: 'string' } } },
    }),
    ApiResponse({ status: 202, description: 'A notification was taken in.' }),
    ...Object.entries(FAILURES).map(([status, description]) =>
      ApiResponse({ status: Number(status), description, content: json(FAILURE) }),
    ),
  );
}
