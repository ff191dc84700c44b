import { request as ask, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../test/support/until.js';
import express, { type Response } from 'express';
import { EventStream } from './event-stream.js';

const MIB = 1024 * 1024;

describe(EventStream.name, () => {
  let server: Server;
  let outcome: Promise<unknown>;

  /** Serves one stream; resolves when its headers are there, its body unread. */
  async function serve(
    work: (events: EventStream, response: Response) => Promise<void>,
    keepAliveMs?: number,
  ): Promise<IncomingMessage> {
    const app = express();
    app.get('/', (_request, response) => {
      outcome = work(EventStream.begin(response, keepAliveMs), response).catch(
        (error: unknown) => error,
      );
    });
    server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      ask({ port, host: '127.0.0.1' }, resolve).on('error', reject).end();
    });
  }

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const file = (bytes: number) =>
    Readable.from(
      Array.from({ length: Math.ceil(bytes / 65_536) }, () => Buffer.alloc(65_536, 'x')),
      { objectMode: false },
    );

  it('sends its headers before anything has happened', async () => {
    let go: () => void = () => undefined;
    const { statusCode, headers } = await serve(async (events) => {
      await new Promise<void>((resolve) => (go = resolve));
      events.end();
    });
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'transfer-encoding': 'chunked',
    });
    expect(headers).not.toHaveProperty('content-encoding');
    go();
  });

  it('writes events as one type and one line of data', async () => {
    const bytes = Buffer.from('a picture with "quotes" \n and more');
    const answer = await serve(async (events) => {
      await events.sendFile('image', Readable.from([bytes]), () => ({
        n: 1,
        text: 'é\n',
      }));
      await events.send('error', { error: { message: 'no\n' } });
      events.end();
    });
    const image = { type: 'image', b64_json: bytes.toString('base64'), n: 1, text: 'é\n' };
    expect(await text(answer)).toBe(
      `event: image\ndata: ${JSON.stringify(image)}\n\n` +
        `event: error\ndata: {"error":{"message":"no\\n"}}\n\n`,
    );
  });

  it('asks what stands beside a picture when the picture is over', async () => {
    let read = false;
    const answer = await serve(async (events) => {
      const picture = file(1).once('end', () => (read = true));
      await events.sendFile('image', picture, () => ({ read }));
      events.end();
    });
    expect(await text(answer)).toContain('"read":true');
  });

  it('says something now and then while there is nothing to say, never inside an event', async () => {
    const answer = await serve(async (events) => {
      await pause(130);
      const slow = Readable.from(
        (async function* () {
          yield Buffer.from('abc');
          await pause(130);
          yield Buffer.from('def');
        })(),
      );
      await events.sendFile('image', slow, () => ({ n: 1 }));
      events.end();
    }, 50);
    const [quiet, event] = (await text(answer)).split('event: ');
    expect(quiet).toBe(': keep-alive\n\n'.repeat(quiet.length / 14));
    expect(quiet.length / 14).toBeGreaterThan(0);
    expect(event).toBe('image\ndata: {"type":"image","b64_json":"YWJjZGVm","n":1}\n\n');
  });

  it('waits for a client that does not read, and reads no further itself', async () => {
    const source = file(64 * MIB);
    let taken = 0;
    const counted = Readable.from(
      (async function* () {
        for await (const piece of source) {
          taken += (piece as Buffer).length;
          yield piece as Buffer;
        }
      })(),
      { objectMode: false },
    );
    const answer = await serve(async (events) => {
      await events.sendFile('image', counted, () => ({ n: 1 }));
      events.end();
    });
    let before = 0;
    await until(async () => {
      before = taken;
      await pause(250);
      return taken > 0 && taken === before;
    });
    expect(taken).toBeLessThan(24 * MIB);
    let length = 0;
    for await (const piece of answer) length += (piece as Buffer).length;
    expect(length).toBeGreaterThan((64 * MIB * 4) / 3);
  });

  it('ends its work when the client leaves, in the middle of a picture too', async () => {
    const source = file(64 * MIB);
    let left = false;
    const answer = await serve(async (events) => {
      void events.left.then(() => (left = true));
      await events.sendFile('image', source, () => ({ n: 1 }));
      await events.send('more', {});
      expect(events.isLeft).toBe(true);
      events.end();
    });
    await pause(50);
    answer.destroy();
    expect(await outcome).toBeUndefined();
    expect([left, source.destroyed]).toEqual([true, true]);
  });

  it('cuts the connection when a picture breaks: half of it is no event', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.alloc(3_000);
        await pause(5);
        throw new Error('disk');
      })(),
    );
    const answer = await serve((events) => events.sendFile('image', broken, () => ({})));
    await expect(text(answer)).rejects.toThrow();
    expect(await outcome).toMatchObject({ message: 'disk' });
  });
});
