import {
  InitializeRequestSchema,
  JSONRPCErrorResponseSchema,
  JSONRPCNotificationSchema,
  JSONRPCRequestSchema,
  JSONRPCResultResponseSchema,
  ListToolsRequestSchema,
  RequestIdSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { JsonObject } from '../../common/strict-json.js';
import { publicName } from '../../surface-kit/index.js';
import {
  INVALID_PARAMS,
  INVALID_REQUEST,
  type MessageId,
  MessageRefusal,
} from './message-refusal.js';

/** As far as a problem is told of. */
interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly expected?: string;
  readonly keys?: readonly string[];
}

interface Schema {
  safeParse(value: unknown): {
    readonly success: boolean;
    readonly error?: { readonly issues: readonly Issue[] };
  };
}

/** What the library answers itself, and would answer with a fault of its own if it cannot read it. */
const PARAMS: ReadonlyMap<unknown, Schema> = new Map<unknown, Schema>([
  ['initialize', InitializeRequestSchema],
  ['tools/list', ListToolsRequestSchema],
]);

/**
 * Looks at a message before the library does, which answers one it cannot read
 * under no id and names nothing.
 *
 * @throws MessageRefusal with the id of the message, if it has one that can be answered
 */
export function checkMessage(message: JsonObject): void {
  const id = idOf(message);
  const misshapen = problemOf(shapeOf(message), message);
  if (misshapen) throw new MessageRefusal(INVALID_REQUEST, misshapen.text, id, misshapen.param);
  if (id === null) return;
  const { method, params } = message as { method?: unknown; params?: JsonObject };
  const schema = PARAMS.get(method);
  const unreadable = schema && problemOf(schema, message);
  if (unreadable) throw new MessageRefusal(INVALID_PARAMS, unreadable.text, id, unreadable.param);
  if (params?.task === undefined) return;
  const text = "There are no tasks here: send the message without 'params.task'.";
  throw new MessageRefusal(INVALID_PARAMS, text, id, 'params.task');
}

function idOf({ id }: JsonObject): MessageId | null {
  const { success, data } = RequestIdSchema.safeParse(id);
  return success ? data : null;
}

function shapeOf(message: JsonObject): Schema {
  if ('result' in message) return JSONRPCResultResponseSchema;
  if ('error' in message) return JSONRPCErrorResponseSchema;
  return 'id' in message ? JSONRPCRequestSchema : JSONRPCNotificationSchema;
}

function problemOf(schema: Schema, message: JsonObject): { text: string; param: string } | null {
  const [issue] = schema.safeParse(message).error?.issues ?? [];
  if (!issue) return null;
  const { code, path, expected, keys = [] } = issue;
  const param = publicName([...path, ...keys.slice(0, 1)].map(String).join('.'));
  if (code === 'unrecognized_keys') return { text: `'${param}' is no member of a message.`, param };
  if (!isThere(message, path)) return { text: `'${param}' is required.`, param };
  const is = code === 'invalid_type' ? `must be of the type ${expected}` : 'has no usable value';
  return { text: `'${param}' ${is}.`, param };
}

function isThere(message: JsonObject, path: readonly PropertyKey[]): boolean {
  let value: unknown = message;
  for (const step of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[step];
  return value !== undefined;
}
