import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { readForm } from '../../test/support/upstream-stub/form.mjs';
import { type Wish, wishOf } from '../kinds.js';
import { announceReady } from '../ready.js';
import { answerOf, eventsOf } from './answers.js';

/**
 * The upstream. It says how much time of its own each request took (µs): in a
 * header, and under `/times` by request number for those who asked through a
 * contender that keeps an upstream's headers to itself.
 */
const times = new Map<number, number>();

const server = createServer((request, response) => {
  answer(request, response).catch((error: Error) => {
    if (response.headersSent) response.destroy();
    else send(response, 400, Buffer.from(JSON.stringify({ error: { message: error.message } })));
  });
});
server.keepAliveTimeout = 120_000;
server.requestTimeout = 0;
server.listen(0, '127.0.0.1', 4096, () =>
  announceReady({ port: (server.address() as AddressInfo).port }),
);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/times') return sendTimes(response);
  const begun = performance.now();
  const wish = read(await buffer(request), request.headers['content-type'] ?? '');
  if (wish.latencyMs > 0) await sleep(wish.latencyMs);
  const body = wish.kind === 'sse' ? null : answerOf(wish.kind);
  const us = Math.round((performance.now() - begun) * 1000);
  times.set(wish.number, us);
  response.setHeader('x-stub-us', us);
  if (body) send(response, 200, body);
  else await sendEvents(response);
}

/** @throws Error when a file did not arrive as it was sent */
function read(raw: Buffer, contentType: string): Wish {
  if (!contentType.startsWith('multipart/')) {
    const { prompt } = JSON.parse(raw.toString('utf8')) as { prompt?: unknown };
    return wishOf(prompt);
  }
  const form = readForm(raw, contentType);
  const wish = wishOf(form?.fields.prompt);
  const got = (form?.parts ?? []).map(({ sha256 }) => sha256);
  if (got.join() !== wish.files.join()) throw new Error('the files are not those that were sent');
  return wish;
}

function send(response: ServerResponse, status: number, body: Buffer): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-request-id': 'req_bench',
  });
  response.end(body);
}

async function sendEvents(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  for (const event of eventsOf()) {
    if (!response.write(event)) {
      await new Promise<void>((resolve) => {
        response.once('drain', resolve);
        response.once('close', resolve);
      });
    }
  }
  response.end();
}

/** And forgets them. */
function sendTimes(response: ServerResponse): void {
  send(response, 200, Buffer.from(JSON.stringify(Object.fromEntries(times))));
  times.clear();
}
