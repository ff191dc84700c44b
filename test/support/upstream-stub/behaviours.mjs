import { gzipSync } from 'node:zlib';
import { pause } from './pause.mjs';
import { describe, picture } from './pictures.mjs';
import { streamBehaviours } from './streams.mjs';

/**
 * What the stub can do to one call. Every behaviour gets the call (parsed body, options, the
 * stub's own origin) and the response, and leaves its traces in the call's ledger row.
 *
 * @typedef {import('node:http').ServerResponse} Res
 * @typedef {import('./upstream-stub.mjs').StubCall} Call
 * @typedef {import('./upstream-stub.mjs').BehaviourOptions} Options
 * @typedef {{ call: Call, options: Options, origin: string, keep: (p: import('./pictures.mjs').Picture) => string }} Context
 * @typedef {(res: Res, context: Context) => void | Promise<void>} Behaviour
 */

const USAGE = {
  input_tokens: 50,
  output_tokens: 200,
  total_tokens: 250,
  input_tokens_details: { text_tokens: 40, image_tokens: 10 },
};

const STREAMS = streamBehaviours({ pictures, usage: USAGE });

/** @type {Record<string, Behaviour>} */
export const BEHAVIOURS = {
  ...STREAMS,
  ok: async (res, context) =>
    context.call.body?.stream === true
      ? STREAMS.stream(res, context)
      : sendImages(res, context, await pictures(context)),
  /** Also to who asks for a stream. */
  json: async (res, context) => sendImages(res, context, await pictures(context)),
  url: async (res, context) => {
    const made = await pictures(context);
    const data = made.map((each) => ({ url: `${context.origin}${context.keep(each)}` }));
    sendJson(res, 200, { created: now(), data });
  },
  'b64-and-url': async (res, context) => {
    const made = await pictures(context);
    const data = made.map((each) => ({
      url: `${context.origin}${context.keep(each)}`,
      b64_json: each.base64,
    }));
    sendJson(res, 200, { created: now(), data, usage: USAGE });
  },
  'extra-images': async (res, context) =>
    sendImages(res, context, await pictures(context, wanted(context) + 2)),
  'same-image': async (res, context) => {
    const [first] = await pictures(context, 1);
    sendImages(
      res,
      context,
      Array.from({ length: wanted(context) }, () => first),
    );
  },
  'data-uri': async (res, context) => {
    const made = await pictures(context);
    const data = made.map((each) => ({ b64_json: `data:${each.mediaType};base64,${each.base64}` }));
    sendJson(res, 200, { created: now(), data, usage: USAGE });
  },

  status: (res, { options }) => sendError(res, options.status ?? 500, options.error ?? {}),
  'status-400': (res) =>
    sendError(res, 400, {
      type: 'invalid_request_error',
      code: 'unknown_parameter',
      param: 'size',
      message: 'Unknown parameter.',
    }),
  'status-401': (res) =>
    sendError(res, 401, {
      type: 'invalid_request_error',
      code: 'invalid_api_key',
      message: 'Incorrect API key provided: sk-stub1234567890abcdef.',
    }),
  'status-402': (res) => sendError(res, 402, { code: 'payment_required' }),
  'status-403': (res) => sendError(res, 403, { code: 'organization_not_verified' }),
  'status-404': (res) => sendError(res, 404, { code: 'model_not_found' }),
  'status-429': (res, { options }) =>
    sendError(
      res,
      429,
      { type: 'requests', code: 'rate_limit_exceeded' },
      { 'retry-after': String(options.retryAfter ?? 7) },
    ),
  'status-500': (res) => sendError(res, 500, { type: 'server_error', code: 'server_error' }),
  'status-503': (res) => sendError(res, 503, { type: 'server_error', code: 'overloaded' }),
  'insufficient-quota': (res) =>
    sendError(res, 429, { type: 'insufficient_quota', code: 'insufficient_quota' }),
  'billing-limit': (res) =>
    sendError(res, 400, { type: 'invalid_request_error', code: 'billing_hard_limit_reached' }),
  refused: (res, { call }) =>
    sendError(res, 400, {
      type: 'image_generation_user_error',
      code: 'moderation_blocked',
      message: `Your request was rejected by the safety system: ${call.body?.prompt ?? ''}`,
    }),
  'error-in-200': (res) =>
    sendJson(res, 200, {
      error: { type: 'server_error', code: 'rate_limit_exceeded', message: 'Slow down.' },
    }),

  html: (res) => {
    res.writeHead(200, { 'content-type': 'text/html' });
    res.end('<!doctype html><html><body><h1>Welcome to the gateway</h1></body></html>');
  },
  'bad-json': (res) => sendRaw(res, '{"created": 1, "data": [{"b64_json": "QUJD"}], "usage": {'),
  'wrong-schema': (res) =>
    sendJson(res, 200, { code: 12300, message: 'ok', result: { images: ['QUJD'] } }),
  'junk-base64': (res) =>
    sendJson(res, 200, { created: now(), data: [{ b64_json: 'iVBORw0KGgo!!not-base64??' }] }),
  'truncated-png': async (res, context) => {
    const cut = (await pictures(context)).map(({ bytes, mediaType }) =>
      describe(bytes.subarray(0, Math.max(40, Math.floor(bytes.length / 2))), mediaType),
    );
    sendImages(res, context, cut);
  },
  'trailing-bytes': async (res, context) => {
    const longer = (await pictures(context)).map(({ bytes, mediaType }) =>
      describe(Buffer.concat([bytes, Buffer.from('<script>alert(1)</script>')]), mediaType),
    );
    sendImages(res, context, longer);
  },
  'not-an-image': (res, context) =>
    sendImages(res, context, [describe(Buffer.from('This is no picture at all.'), 'text/plain')]),
  'empty-data': (res) => sendJson(res, 200, { created: now(), data: [], usage: USAGE }),
  'null-data': async (res, context) => {
    const [first] = await pictures(context, 1);
    note(context, [first]);
    const data = [null, { b64_json: first.base64 }, { b64_json: null, url: null }];
    sendJson(res, 200, { created: now(), data, usage: USAGE });
  },

  'reset-before-headers': (res) => void res.socket?.resetAndDestroy(),
  'reset-mid-body': async (res, context) => {
    await sendHalf(res, context);
    res.socket?.resetAndDestroy();
  },
  'cut-mid-body': async (res, context) => {
    await sendHalf(res, context);
    res.socket?.destroy();
  },
  'cut-mid-chunked': async (res, context) => {
    res.writeHead(200, { 'content-type': 'application/json' });
    res.write(await halfBody(context));
    await pause(30);
    res.socket?.destroy();
  },
  hang: () => {},
  'hang-mid-body': (res, context) => sendHalf(res, context),
  drip: async (res, context) => {
    const body = imagesBody(await pictures(context));
    res.writeHead(200, { 'content-type': 'application/json' });
    for (let at = 0; at < body.length && !res.destroyed; at += 1) {
      res.write(body[at]);
      await pause(context.options.dripMs ?? 20);
    }
    res.end();
  },
  'huge-headers': (res) => {
    const lines = Array.from({ length: 120 }, (_, at) => `x-pad-${at}: ${'a'.repeat(1000)}\r\n`);
    res.socket?.write(`HTTP/1.1 200 OK\r\n${lines.join('')}content-length: 11\r\n\r\n{"data":[]}`);
  },
  'endless-body': async (res) => {
    res.writeHead(200, { 'content-type': 'application/json' });
    res.write('{"created":1,"data":[{"b64_json":"');
    const block = Buffer.alloc(1_048_576, 'QUJD');
    while (!res.destroyed) {
      if (!res.write(block)) await drained(res);
    }
  },
  'endless-rest': async (res) => {
    res.writeHead(200, { 'content-type': 'application/json' });
    res.write('{"created":1,"note":"');
    const block = Buffer.alloc(1_048_576, 'x');
    while (!res.destroyed) {
      if (!res.write(block)) await drained(res);
    }
  },
  redirect: (res, { options }) => {
    res.writeHead(302, { location: options.location ?? 'http://127.0.0.1:9/elsewhere' });
    res.end();
  },
  gzip: async (res, context) => {
    const body = gzipSync(imagesBody(await pictures(context)));
    res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    res.end(body);
  },
  raw: (res, { options }) => {
    res.writeHead(options.status ?? 200, {
      'content-type': 'application/json',
      ...options.headers,
    });
    res.end(options.body ?? '');
  },
};

/** @param {Context} context */
function wanted({ call, options }) {
  const n = Number(call.body?.n ?? 1);
  return options.images ?? (Number.isInteger(n) && n > 0 && n <= 16 ? n : 1);
}

/** @param {Context} context @param {number} [count] */
async function pictures(context, count = wanted(context)) {
  const { call, options } = context;
  const format = options.format ?? formatOf(call.body?.output_format);
  const { width, height } = options.size ?? sizeOf(call.body?.size);
  const detail = options.detail ?? 'flat';
  const { variant: first = 0 } = options;
  const variants = Array.from({ length: count }, (_, i) => first + i);
  const made = await Promise.all(
    variants.map((variant) => picture({ width, height, format, variant, detail })),
  );
  note(context, made);
  return made;
}

/** @param {Context} context @param {import('./pictures.mjs').Picture[]} made */
function note({ call }, made) {
  call.images = made.map(({ sha256, bytes, mediaType }) => ({
    sha256,
    bytes: bytes.length,
    mediaType,
  }));
}

/** @param {unknown} asked @returns {'png' | 'jpeg' | 'webp'} */
function formatOf(asked) {
  return asked === 'jpeg' || asked === 'webp' ? asked : 'png';
}

/** @param {unknown} asked */
function sizeOf(asked) {
  const [, width, height] = /^(\d{1,4})x(\d{1,4})$/.exec(String(asked)) ?? [];
  return { width: Number(width ?? 1024), height: Number(height ?? 1024) };
}

/** @param {import('./pictures.mjs').Picture[]} made */
function imagesBody(made) {
  const data = made.map(({ base64 }) => ({ b64_json: base64 }));
  return JSON.stringify({ created: now(), data, usage: USAGE });
}

/** @param {Res} res @param {Context} context @param {import('./pictures.mjs').Picture[]} made */
function sendImages(res, context, made) {
  note(context, made);
  sendRaw(res, imagesBody(made));
}

/** @param {Context} context */
async function halfBody(context) {
  const body = imagesBody(await pictures(context));
  return body.slice(0, Math.floor(body.length / 2));
}

/** Promises the whole length, sends half of it. @param {Res} res @param {Context} context */
async function sendHalf(res, context) {
  const half = await halfBody(context);
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': half.length * 2 });
  res.write(half);
  await pause(30);
}

/** @param {Res} res @param {number} status @param {object} error @param {Record<string, string>} [headers] */
function sendError(res, status, error, headers = {}) {
  const body = {
    error: { message: 'stub', type: 'stub_error', param: null, code: null, ...error },
  };
  sendJson(res, status, body, headers);
}

/** @param {Res} res @param {number} status @param {object} body @param {Record<string, string>} [headers] */
function sendJson(res, status, body, headers = {}) {
  sendRaw(res, JSON.stringify(body), status, headers);
}

/** @param {Res} res @param {string} text @param {number} [status] @param {Record<string, string>} [headers] */
function sendRaw(res, text, status = 200, headers = {}) {
  const length = Buffer.byteLength(text);
  res.writeHead(status, {
    'content-type': 'application/json',
    'content-length': length,
    'x-request-id': 'req_stub',
    ...headers,
  });
  res.end(text);
}

/** @param {Res} res */
function drained(res) {
  return new Promise((resolve) => {
    res.once('drain', resolve);
    res.once('close', resolve);
  });
}

function now() {
  return Math.floor(Date.now() / 1000);
}
