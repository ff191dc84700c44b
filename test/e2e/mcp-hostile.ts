import { callOf } from './mcp-client.js';

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const GENERATE = { prompt: 'a lighthouse' };

/** What it is, the body, headers that make it so, and the status and code it is answered with. */
export const BAD_MESSAGES: readonly [string, unknown, Record<string, string>, number, number][] = [
  ['a broken text', '{"jsonrpc":', {}, 400, -32_700],
  ['an empty one', '', {}, 400, -32_700],
  ['a list of messages', [LIST, LIST], {}, 400, -32_600],
  ['a text', '"tools/list"', {}, 400, -32_600],
  ['no message', { hello: 'world' }, {}, 400, -32_600],
  ['a key twice', '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', {}, 400, -32_600],
  ['__proto__', '{"jsonrpc":"2.0","id":1,"method":"ping","__proto__":{}}', {}, 400, -32_600],
  ['U+0000', '{"jsonrpc":"2.0","id":1,"method":"ping\\u0000"}', {}, 400, -32_600],
  ['deep nesting', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, {}, 400, -32_600],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), {}, 400, -32_700],
  ['more than a mebibyte', { ...LIST, params: { a: 'x'.repeat(1_100_000) } }, {}, 413, -32_000],
  ['another type', LIST, { 'content-type': 'text/plain' }, 415, -32_000],
  ['something compressed', LIST, { 'content-encoding': 'gzip' }, 415, -32_000],
  ['an answer it could not read', LIST, { accept: 'application/json' }, 406, -32_000],
  ['an unknown revision', LIST, { 'mcp-protocol-version': '1999-01-01' }, 400, -32_000],
];

const PING = { jsonrpc: '2.0', id: 7, method: 'ping' };

/** Messages of a wrong shape, the id each is answered under, and the member to be named. */
export const MISSHAPEN: readonly [object, unknown, string][] = [
  [{ ...PING, jsonrpc: '1.0' }, 7, 'jsonrpc'],
  [{ ...PING, jsonrpc: undefined }, 7, 'jsonrpc'],
  [{ ...PING, method: 5 }, 7, 'method'],
  [{ ...PING, method: undefined }, 7, 'method'],
  [{ ...PING, x: 1 }, 7, 'x'],
  [{ ...PING, '<script>': 1 }, 7, '?script?'],
  [{ ...PING, params: 'x' }, 7, 'params'],
  [{ ...PING, params: [] }, 7, 'params'],
  [{ ...PING, params: null }, 7, 'params'],
  [{ ...PING, params: { _meta: 'x' } }, 7, 'params._meta'],
  [{ ...PING, params: { _meta: { progressToken: {} } } }, 7, 'params._meta.progressToken'],
  [{ ...PING, params: { _meta: { progressToken: 1.5 } } }, 7, 'params._meta.progressToken'],
  [{ ...PING, id: 'a', params: 'x' }, 'a', 'params'],
  [{ ...PING, id: 1.5 }, null, 'id'],
  [{ ...PING, id: null }, null, 'id'],
  [{ ...PING, id: 1e300 }, null, 'id'],
  [{ ...PING, id: {} }, null, 'id'],
  [{ jsonrpc: '2.0', id: 7, result: 'x' }, 7, 'result'],
];

const HELLO = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
};
const initialize = (params?: object) => ({ ...PING, method: 'initialize', params });

/** Requests whose parameters cannot be read, and the one to be named. */
export const BAD_PARAMS: readonly [object, string][] = [
  [initialize(), 'params'],
  [initialize({}), 'params.protocolVersion'],
  [initialize({ ...HELLO, protocolVersion: 5 }), 'params.protocolVersion'],
  [initialize({ ...HELLO, capabilities: undefined }), 'params.capabilities'],
  [initialize({ ...HELLO, clientInfo: {} }), 'params.clientInfo.name'],
  [{ ...PING, method: 'tools/list', params: { cursor: 5 } }, 'params.cursor'],
  [{ ...PING, params: { task: { ttl: 5 } } }, 'params.task'],
];

/** Messages that can be read, and the code of the JSON-RPC error each is answered with. */
export const BAD_CALLS: readonly [string, object, number][] = [
  ['an unknown method', { ...LIST, method: 'resources/list' }, -32_601],
  ['an unknown tool', callOf('rm -rf', {}), -32_602],
  ['a tool of no name', { ...LIST, method: 'tools/call', params: {} }, -32_602],
  ['a tool whose name is a number', callOf(5 as unknown as string, {}), -32_602],
  ['arguments that are a text', callOf('generate_image', 'a lighthouse'), -32_602],
  ['arguments that are a list', callOf('generate_image', []), -32_602],
  ['no parameters at all', { ...LIST, method: 'tools/call' }, -32_602],
  ['a task', callOf('generate_image', GENERATE, { task: { ttl: 5 } }), -32_602],
];

/** Arguments of generate_image, our code for each, and the argument to be named. */
export const BAD_ARGUMENTS: readonly [object, string, string][] = [
  [{}, 'missing_required_parameter', 'prompt'],
  [{ prompt: '' }, 'missing_required_parameter', 'prompt'],
  [{ prompt: ' \n' }, 'missing_required_parameter', 'prompt'],
  [{ prompt: 5 }, 'invalid_value', 'prompt'],
  [{ prompt: null }, 'invalid_value', 'prompt'],
  [{ prompt: 'x'.repeat(40_000) }, 'invalid_value', 'prompt'],
  [{ prompt: 'x'.repeat(200_000) }, 'invalid_value', 'prompt'],
  [{ ...GENERATE, model: 'no-such-model' }, 'model_not_found', 'model'],
  [{ ...GENERATE, model: ['gpt-image-2'] }, 'invalid_value', 'model'],
  [{ ...GENERATE, n: 0 }, 'invalid_value', 'n'],
  [{ ...GENERATE, n: 1.5 }, 'invalid_value', 'n'],
  [{ ...GENERATE, n: 1e9 }, 'invalid_value', 'n'],
  [{ ...GENERATE, n: '2' }, 'invalid_value', 'n'],
  [{ ...GENERATE, size: '7x7' }, 'invalid_value', 'size'],
  [{ ...GENERATE, size: 'x'.repeat(101) }, 'invalid_value', 'size'],
  [{ ...GENERATE, quality: 'best' }, 'invalid_value', 'quality'],
  [{ ...GENERATE, output_format: 'bmp' }, 'invalid_value', 'output_format'],
  [{ ...GENERATE, aspect_ratio: '100:1' }, 'invalid_value', 'aspect_ratio'],
  [{ ...GENERATE, max_credits: -1 }, 'invalid_value', 'max_credits'],
  [{ ...GENERATE, max_credits: 0.0001 }, 'invalid_value', 'max_credits'],
  [{ ...GENERATE, idempotency_key: '' }, 'invalid_value', 'idempotency_key'],
  [{ ...GENERATE, idempotency_key: 'a b' }, 'invalid_value', 'idempotency_key'],
  [{ ...GENERATE, idempotency_key: 'x'.repeat(256) }, 'invalid_value', 'idempotency_key'],
  [{ ...GENERATE, images: ['a'] }, 'invalid_value', 'images'],
  [{ ...GENERATE, '<script>': 1 }, 'invalid_value', '?script?'],
];

/** Arguments of edit_image and the one to be named. */
export const BAD_EDITS: readonly [object, string][] = [
  [{ prompt: 'a' }, 'images'],
  [{ prompt: 'a', images: [] }, 'images'],
  [{ prompt: 'a', images: 'http://files.example/a.png' }, 'images'],
  [{ prompt: 'a', images: Array<string>(17).fill('http://files.example/') }, 'images'],
  [{ prompt: 'a', images: [5] }, 'images[0]'],
  [{ prompt: 'a', images: [' '] }, 'images[0]'],
  [{ prompt: 'a', images: ['a', 'x'.repeat(2049)] }, 'images[1]'],
  [{ prompt: 'a', images: ['a'], mask: 5 }, 'mask'],
];

/** Nothing is dialled for these, and nothing said of them. */
export const BAD_ADDRESSES: readonly string[] = [
  'http://127.0.0.1/a.png',
  'http://[::1]/a.png',
  'http://169.254.169.254/latest/meta-data',
  'file:///etc/passwd',
  'data:image/png;base64,AAAA',
  'not an address',
];
