import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { Response } from 'express';
import type { Asset } from '../storage/index.js';
import { type OpenImage, sendImages } from './image-answer.js';

const FILES = new Map([
  ['a', Buffer.alloc(100_001, 7)],
  ['b', Buffer.from([1, 2])],
]);
const ASSETS = [...FILES].map(
  ([assetId, file]) => ({ assetId, bytes: file.length }) as unknown as Asset,
);

describe('sendImages', () => {
  let server: Server;
  let outcome: Promise<unknown>;
  let opened: Readable[];

  async function answerWith(open: OpenImage): Promise<string> {
    opened = [];
    server = createServer((_request, response) => {
      const image = (base64Of: (asset: Asset) => string) => (asset: Asset) => ({
        b64_json: base64Of(asset),
      });
      outcome = sendImages(response as Response, ASSETS, open, (base64Of) => ({
        created: 1,
        data: ASSETS.map(image(base64Of)),
        size: 'é',
      })).catch((error: unknown) => {
        response.writeHead(503).end();
        return error;
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const open: OpenImage = async ({ assetId }) => {
    const file = FILES.get(assetId) ?? Buffer.alloc(0);
    const half = file.length >> 1;
    const stream = Readable.from([file.subarray(0, half), file.subarray(half)]);
    opened.push(stream);
    return stream;
  };

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it('answers JSON of exactly the announced length with every file in base64', async () => {
    const answer = await fetch(await answerWith(open));
    const text = await answer.text();
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(JSON.parse(text)).toEqual({
      created: 1,
      data: [...FILES.values()].map((file) => ({ b64_json: file.toString('base64') })),
      size: 'é',
    });
  });

  it('fails before the first byte when a file cannot be opened, and leaves none open', async () => {
    const url = await answerWith(async (asset) => {
      if (asset.assetId === 'b') throw new Error('gone');
      return open(asset);
    });
    expect((await fetch(url)).status).toBe(503);
    expect(await outcome).toMatchObject({ code: 'storage_unavailable', isRetryable: false });
    expect(opened.every((stream) => stream.destroyed)).toBe(true);
  });

  it('cuts the connection when a file breaks half-way: no client takes it for whole', async () => {
    const url = await answerWith(async () => {
      const breaking = Readable.from(
        (async function* () {
          yield Buffer.alloc(1000);
          throw new Error('medium');
        })(),
      );
      opened.push(breaking);
      return breaking;
    });
    await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow();
    expect(await outcome).toBeUndefined();
  });
});
