import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { BEHAVIOURS } from './behaviours.mjs';
import { readDataUrls, readForm } from './form.mjs';
import { pause } from './pause.mjs';

/** More than any legal request needs; a larger one is a bug of the caller. */
const MAX_REQUEST_BYTES = 512 * 1024 * 1024;
const ROUTE = /\/images\/(?:generations|edits)$/;
const DIRECTIVE = /\[\[stub:([a-z0-9-]+)\]\]/;

/**
 * An OpenAI-compatible upstream on the loopback that does what a test tells it. Each generation
 * call takes, in this order: the behaviour named by `[[stub:<name>]]` in its prompt, the head of
 * the queue, the default. Every call is written down, so that tests can say how often an upstream
 * was really asked.
 *
 * @param {{ port?: number }} [settings]
 * @returns {Promise<import('./upstream-stub.mjs').UpstreamStub>}
 */
export async function startUpstreamStub(settings = {}) {
  const stub = new Stub();
  await stub.listen(settings.port ?? 0);
  return stub;
}

class Stub {
  /** @type {import('./upstream-stub.mjs').StubCall[]} */
  calls = [];
  port = 0;
  inFlight = 0;
  connections = 0;
  #queue = [];
  #fallback = { behaviour: 'ok', options: {} };
  #files = new Map();
  #held = Promise.resolve();
  #release = () => {};
  #server = createServer((req, res) => void this.#serve(req, res));

  async listen(port) {
    this.#server.on('connection', (socket) => {
      this.connections += 1;
      socket.on('close', () => (this.connections -= 1));
      socket.on('error', () => {});
    });
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => resolve(undefined));
    });
    this.port = this.#server.address().port;
  }

  get origin() {
    return `http://127.0.0.1:${this.port}`;
  }

  get baseUrl() {
    return `${this.origin}/v1`;
  }

  /** Queues a behaviour for one coming call (or `times` of them). */
  next(behaviour, options = {}, times = 1) {
    known(behaviour);
    for (let i = 0; i < times; i += 1) this.#queue.push({ behaviour, options });
    return this;
  }

  /** What a call gets when nothing is queued. */
  always(behaviour, options = {}) {
    known(behaviour);
    this.#fallback = { behaviour, options };
    return this;
  }

  /** Answers of calls that come from now on wait until what this gives is called, or `reset`. */
  hold() {
    this.#release();
    this.#held = new Promise((resolve) => (this.#release = () => resolve(undefined)));
    return this.#release;
  }

  reset() {
    this.#release();
    this.calls.length = 0;
    this.#queue.length = 0;
    this.#fallback = { behaviour: 'ok', options: {} };
    return this;
  }

  async close() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(req, res) {
    res.on('error', () => {});
    try {
      const url = new URL(req.url ?? '/', this.origin);
      if (url.pathname.startsWith('/__stub/')) return await this.#control(url, req, res);
      if (this.#files.has(url.pathname)) return this.#sendFile(url.pathname, res);
      if (req.method === 'GET' && url.pathname.endsWith('/models')) return sendModels(res);
      await this.#generate(url, req, res);
    } catch (error) {
      res.destroy(error);
    }
  }

  async #generate(url, req, res) {
    const call = await this.#record(url, req, res);
    if (req.method !== 'POST' || !ROUTE.test(url.pathname)) {
      call.behaviour = 'unknown-route';
      res.writeHead(404, { 'content-type': 'application/json' });
      res.end('{"error":{"message":"no such route","type":"stub_error","param":null,"code":null}}');
      return;
    }
    const { behaviour, options } = this.#choose(call);
    call.behaviour = behaviour;
    await this.#held;
    if (options.latencyMs) await pause(options.latencyMs);
    await BEHAVIOURS[behaviour](res, {
      call,
      options,
      origin: this.origin,
      keep: (made) => this.#keep(made),
    });
  }

  #choose(call) {
    const [, named] = DIRECTIVE.exec(String(call.body?.prompt ?? '')) ?? [];
    if (named && named in BEHAVIOURS) return { behaviour: named, options: {} };
    return this.#queue.shift() ?? this.#fallback;
  }

  async #record(url, req, res) {
    const raw = await readBody(req);
    const form = readForm(raw, req.headers['content-type'] ?? '');
    const body = form?.fields ?? parsed(raw);
    const call = {
      id: this.calls.length,
      at: Date.now(),
      method: req.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: req.headers,
      body,
      parts: form?.parts ?? readDataUrls(body),
      bodyBytes: raw.length,
      bodySha256: createHash('sha256').update(raw).digest('hex'),
      behaviour: '',
      images: [],
      status: null,
      outcome: 'open',
    };
    this.calls.push(call);
    this.inFlight += 1;
    res.on('close', () => {
      this.inFlight -= 1;
      call.status = res.headersSent ? res.statusCode : null;
      call.outcome = res.writableFinished ? 'answered' : 'cut';
    });
    return call;
  }

  #keep(made) {
    const path = `/files/${randomUUID()}`;
    this.#files.set(path, made);
    return path;
  }

  #sendFile(path, res) {
    const { bytes, mediaType } = this.#files.get(path);
    res.writeHead(200, { 'content-type': mediaType, 'content-length': bytes.length });
    res.end(bytes);
  }

  /** The same levers over HTTP, for tests that run the stub as a process of its own. */
  async #control(url, req, res) {
    const { behaviour, options, times } = parsed(await readBody(req)) ?? {};
    const action = url.pathname.slice('/__stub/'.length);
    if (action === 'next') this.next(behaviour, options, times);
    if (action === 'always') this.always(behaviour, options);
    if (action === 'reset') this.reset();
    const { calls, inFlight, connections } = this;
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ calls, inFlight, connections }));
  }
}

function known(behaviour) {
  if (!(behaviour in BEHAVIOURS)) {
    throw new Error(`No behaviour ${behaviour}; there are ${Object.keys(BEHAVIOURS).join(', ')}`);
  }
}

function sendModels(res) {
  const data = ['gpt-image-2', 'dall-e-3'].map((id) => ({
    id,
    object: 'model',
    created: 1776729600,
    owned_by: 'stub',
  }));
  res.writeHead(200, { 'content-type': 'application/json' });
  res.end(JSON.stringify({ object: 'list', data }));
}

async function readBody(req) {
  const chunks = [];
  let length = 0;
  for await (const chunk of req) {
    length += chunk.length;
    if (length > MAX_REQUEST_BYTES) throw new Error('request too large for the stub');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parsed(raw) {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return null;
  }
}
