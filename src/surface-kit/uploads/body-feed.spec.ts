import { request as ask, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import express, { type Request, type Response } from 'express';
import { feedOf } from './body-feed.js';

const MIB = 1024 * 1024;

describe(feedOf.name, () => {
  let server: Server;

  async function serve(work: (request: Request, response: Response) => Promise<void>) {
    const app = express();
    app.post('/', (request, response) => void work(request, response));
    server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
  }

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** Without a length, so that nothing but the end of the body tells its end. */
  function send(body: Iterable<Buffer>) {
    const { port } = server.address() as AddressInfo;
    const sending = ask({ port, host: '127.0.0.1', method: 'POST', agent: false });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      sending.on('response', resolve).on('error', reject);
    });
    Readable.from(body, { objectMode: false }).pipe(sending);
    return { sending, answer: answer.then(text) };
  }

  /** What reading the body came to: how many bytes, or why not. */
  async function outcomeOf(feed: Readable): Promise<string> {
    try {
      return String((await buffer(feed)).length);
    } catch (error) {
      return (error as Error).message;
    }
  }

  it('gives the whole body, however long after its end it is read', async () => {
    await serve(async (request, response) => {
      const feed = feedOf(request, MIB, () => undefined);
      await pause(100);
      response.end(await outcomeOf(feed));
    });
    for (const bytes of [1, 10_000, 65_536, 300_000]) {
      expect(await send([Buffer.alloc(bytes, 1)]).answer).toBe(String(bytes));
    }
  });

  it('says so when the connection ends before the body did', async () => {
    let outcome: Promise<string> | undefined;
    await serve(async (request) => {
      outcome = outcomeOf(feedOf(request, MIB, () => undefined));
      await outcome;
    });
    const { sending, answer } = send(
      (function* () {
        yield Buffer.alloc(1000);
        setTimeout(() => sending.destroy(), 50);
        yield Buffer.alloc(1000);
        for (;;) yield Buffer.alloc(0x400);
      })(),
    );
    await expect(answer).rejects.toThrow();
    expect(await outcome).toMatch(/ended before the body did|at most/);
  });

  it('stops at the limit of the body and at that of whoever counts', async () => {
    let counted = 0;
    await serve(async (request, response) => {
      const limit = request.headers['x-limit'] === undefined ? 100_000 : MIB;
      const feed = feedOf(request, limit, (bytes) => {
        counted += bytes;
        if (counted > 200_000) throw new Error('no more');
      });
      response.end(await outcomeOf(feed));
    });
    expect(await send([Buffer.alloc(150_000)]).answer).toMatch(/at most 100000 bytes/);
    counted = 150_000;
    expect(await send([Buffer.alloc(90_000)]).answer).toBe('no more');
  });

  it('lets a client that is still sending have the answer, and ask again on its connection', async () => {
    await serve(async (request, response) => {
      const feed = feedOf(request, 100 * MIB, () => undefined);
      await pause(20);
      feed.destroy();
      response.end('refused');
    });
    const bytes = 20 * MIB;
    const head = `POST / HTTP/1.1\r\nHost: easel\r\nContent-Length: ${bytes}\r\n\r\n`;
    // By hand: Node's own client stops sending when it has its answer.
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let heard = '';
    const answers = new Promise<void>((resolve, reject) => {
      socket.on('error', reject).on('data', (data) => {
        heard += data.toString();
        if (heard.split('refused').length > 2) resolve();
      });
    });
    for (let asked = 0; asked < 2; asked += 1) {
      socket.write(head);
      socket.write(Buffer.alloc(bytes));
    }
    await answers;
    socket.destroy();
  });
});
