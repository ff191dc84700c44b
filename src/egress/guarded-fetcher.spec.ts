import { afterEach, describe, expect, it } from '@jest/globals';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import {
  closeServers,
  failure,
  OPTIONS,
  PUBLIC,
  setUp,
  withSite,
} from '../../test/support/dial-recorder.js';
import { GuardedFetcher } from './guarded-fetcher.js';

afterEach(closeServers);

describe(GuardedFetcher.name, () => {
  describe('with a public site', () => {
    it('gives the bytes as they are, with the type the site claims', async () => {
      let seen: Record<string, unknown> = {};
      const { fetcher } = await withSite(({ headers, url }, response) => {
        seen = { ...headers, url };
        response.setHeader('content-type', 'image/png');
        response.end('the bytes');
      });
      const file = await fetcher.fetch('http://files.example/a%20b?c#d', OPTIONS);
      expect(file.contentType).toBe('image/png');
      expect(await readText(file.stream)).toBe('the bytes');
      expect(seen).toMatchObject({
        url: '/a%20b?c',
        host: 'files.example',
        accept: 'image/*',
        'accept-encoding': 'identity',
      });
      expect(seen).not.toHaveProperty('authorization');
      expect(seen).not.toHaveProperty('cookie');
    });

    it.each([301, 302, 303, 307, 308])('follows no %i', async (status) => {
      let requests = 0;
      const { fetcher, recorder } = await withSite((_request, response) => {
        requests++;
        response.writeHead(status, { location: 'http://127.0.0.1/secret' }).end();
      });
      expect(await failure(fetcher, 'http://files.example/')).toBe('bad_status');
      expect([requests, recorder.dialled.length]).toEqual([1, 1]);
    });

    it.each([204, 206, 400, 404, 500, 503])('takes no file from a %i', async (status) => {
      const { fetcher } = await withSite((_request, response) => response.writeHead(status).end());
      expect(await failure(fetcher, 'http://files.example/')).toBe('bad_status');
    });

    it('takes exactly the bytes allowed and no more, promised or not', async () => {
      const sized = await withSite(({ url }, response) => {
        const size = Number(url?.slice(2));
        if (url?.startsWith('/p')) response.setHeader('content-length', size);
        else response.write('');
        response.end(Buffer.alloc(size));
      });
      expect(await failure(sized.fetcher, 'http://files.example/p1000')).toBe('fetched');
      expect(await failure(sized.fetcher, 'http://files.example/c1000')).toBe('fetched');
      expect(await failure(sized.fetcher, 'http://files.example/p1001')).toBe('too_large');
      expect(await failure(sized.fetcher, 'http://files.example/c1001')).toBe('too_large');
    });

    it('stops an endless body at the cap and closes the connection', async () => {
      let closed: () => void = () => undefined;
      const gone = new Promise<void>((resolve) => (closed = resolve));
      const { fetcher } = await withSite((request, response) => {
        const timer = setInterval(() => response.write(Buffer.alloc(100)), 1);
        request.socket.once('close', () => (clearInterval(timer), closed()));
      });
      expect(await failure(fetcher, 'http://files.example/')).toBe('too_large');
      await gone;
    });

    it('refuses encoded bodies, so that 190 kB stay 190 kB', async () => {
      const bomb = gzipSync(Buffer.alloc(200_000));
      const { fetcher } = await withSite((_request, response) => {
        response.setHeader('content-encoding', 'gzip');
        response.end(bomb);
      });
      expect(await failure(fetcher, 'http://files.example/')).toBe('bad_encoding');
    });

    it('ends a dripping body at the total deadline', async () => {
      const { fetcher } = await withSite((request, response) => {
        const timer = setInterval(() => response.write('x'), 20);
        request.socket.once('close', () => clearInterval(timer));
      });
      expect(await failure(fetcher, 'http://files.example/', { deadlineMs: 300 })).toBe('too_slow');
    });

    it('ends silence at the total deadline', async () => {
      const { fetcher } = await withSite(() => undefined);
      expect(await failure(fetcher, 'http://files.example/', { deadlineMs: 100 })).toBe('too_slow');
    });

    it('tells a body that is cut from one that ends', async () => {
      const { fetcher } = await withSite((request, response) => {
        response.setHeader('content-length', 500);
        response.write('x', () => request.socket.destroy());
      });
      expect(await failure(fetcher, 'http://files.example/')).toBe('interrupted');
    });

    it('refuses 100 kB of headers', async () => {
      const { fetcher } = await withSite((_request, response) => {
        response.setHeader('x-long', 'a'.repeat(100_000));
        response.end('x');
      });
      expect(await failure(fetcher, 'http://files.example/')).toBe('interrupted');
    });

    it.each(['not HTTP at all\r\n\r\n', 'HTTP/1.1 200 OK\r\nbad header\r\n\r\n', ''])(
      'refuses what answers %j',
      async (answer) => {
        const server = createTcpServer((socket) => {
          socket.on('error', () => undefined);
          socket.once('data', () => socket.end(answer));
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const { port } = server.address() as AddressInfo;
        const names = { 'files.example': [[PUBLIC]] };
        const { fetcher } = setUp({ names, stands: { [PUBLIC]: port } });
        expect(await failure(fetcher, 'http://files.example/')).toBe('interrupted');
        await new Promise((resolve) => server.close(resolve));
      },
    );

    it("passes the caller's own reason on when the caller gives up", async () => {
      const { fetcher } = await withSite((_request, response) => void response.write('x'));
      const abort = new AbortController();
      const reason = new Error('the customer left');
      const { stream } = await fetcher.fetch('http://files.example/', {
        ...OPTIONS,
        signal: abort.signal,
      });
      abort.abort(reason);
      await expect(readText(stream)).rejects.toBe(reason);
      const again = fetcher.fetch('http://files.example/', { ...OPTIONS, signal: abort.signal });
      await expect(again).rejects.toBe(reason);
    });

    it('closes the connection of a file nobody reads', async () => {
      let closed: () => void = () => undefined;
      const gone = new Promise<void>((resolve) => (closed = resolve));
      const { fetcher } = await withSite((request, response) => {
        request.socket.once('close', () => closed());
        response.write('x');
      });
      const { stream } = await fetcher.fetch('http://files.example/', {
        ...OPTIONS,
        deadlineMs: 60_000,
      });
      stream.destroy();
      await gone;
    });
  });
});
