import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { HOSTILE_HOSTS, HOSTILE_PORTS, HOSTILE_URLS } from '../data/hostile-urls.js';
import { type TestApp, startApp } from '../support/app.js';
import {
  closeServers,
  DialRecorder,
  FakeResolver,
  PUBLIC,
  serve,
} from '../support/dial-recorder.js';
import { makeImage } from '../support/images.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { SurfaceClient } from './openai-client.js';

/** A public address where nobody answers. */
const SILENT = '93.184.216.99';
const CREDITS = 100;

describe('edits of images at addresses that customers write', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let recorder: DialRecorder;
  let client: SurfaceClient;
  let customer: { accountId: string; secret: string };
  let answerWith: RequestListener;
  let png: Buffer;

  beforeAll(async () => {
    png = await makeImage('png', { width: 64, height: 48, noise: true });
    const site = await serve((request, response) => answerWith(request, response));
    stub = await startUpstreamStub();
    const stands = { [PUBLIC]: site, '127.0.0.1': Number(new URL(stub.baseUrl).port) };
    recorder = new DialRecorder(new Map(Object.entries(stands)));
    const resolver = new FakeResolver({
      'files.example': [[PUBLIC]],
      'example.com': [[PUBLIC]],
      'silent.example': [[SILENT]],
      'mixed.example': [[PUBLIC, '10.0.0.1']],
      localhost: [['127.0.0.1', '::1']],
      'metadata.google.internal': [['169.254.169.254']],
    });
    app = await startApp({
      stub: stub.baseUrl,
      env: { ALLOW_HTTP_FETCH: 'true' },
      egress: { dialer: recorder, resolver },
    });
    customer = await app.givenCustomer(CREDITS);
    client = new SurfaceClient(app, customer.secret);
  });

  beforeEach(() => {
    recorder.dialled.length = 0;
    answerWith = (_request, response) => response.end('nothing to see');
  });

  afterAll(async () => {
    await app.stop();
    await stub.close();
    await closeServers();
  });

  async function refusalOf(url: string, place: 'images' | 'mask' = 'images'): Promise<string> {
    const ref = { image_url: url };
    const good = { image_url: `data:image/png;base64,${png.toString('base64')}` };
    const references = place === 'mask' ? { images: [good], mask: ref } : { images: [ref] };
    const answer = await client.post(
      { model: 'gpt-image-2', prompt: 'a', ...references },
      { path: '/v1/images/edits' },
    );
    const text = await answer.text();
    const param = place === 'mask' ? 'mask.image_url' : 'images[0].image_url';
    expect([answer.status, JSON.parse(text)]).toMatchObject([
      400,
      { error: { code: 'invalid_value', param } },
    ]);
    return text;
  }

  const dialledElsewhere = () =>
    recorder.dialled.filter(({ address }) => address !== PUBLIC && address !== SILENT);

  it.each(HOSTILE_HOSTS)('dials nothing for the host %s, and says nothing of it', async (host) => {
    const missing = await refusalOf('https://nobody.example/a.png');
    for (const scheme of ['http', 'https']) {
      expect(await refusalOf(`${scheme}://${host}/latest/meta-data`)).toBe(missing);
    }
    expect(await refusalOf(`https://${host}/`, 'mask')).toBe(
      missing.replaceAll('images[0]', 'mask'),
    );
    expect(recorder.dialled).toEqual([]);
  });

  it.each(HOSTILE_URLS)('dials no private address for %j', async (url) => {
    const text = await refusalOf(url);
    expect(text).not.toMatch(/127\.0|refused|timeout|private|resolv|redirect|scheme/i);
    expect(dialledElsewhere()).toEqual([]);
  });

  it.each(HOSTILE_PORTS)('dials no public host on port %i', async (port) => {
    await refusalOf(`http://files.example:${port}/a.png`);
    expect(recorder.dialled).toEqual([]);
  });

  it('answers the same for whatever stands there, or does not', async () => {
    const answers = new Map<string, RequestListener>([
      ['text', (_request, response) => response.end('hello')],
      ['404', (_request, response) => response.writeHead(404).end()],
      ['500', (_request, response) => response.writeHead(500).end()],
      ['half a picture', (_request, response) => response.end(png.subarray(0, 500))],
      ['the connection is reset', (request) => request.socket.resetAndDestroy()],
      [
        'a redirect to what may not be reached',
        (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1/' }).end(),
      ],
      [
        'a picture behind a redirect',
        (_request, response) =>
          response.writeHead(307, { location: 'http://files.example/b.png' }).end(),
      ],
      [
        'a compressed picture',
        (_request, response) => response.writeHead(200, { 'content-encoding': 'br' }).end(png),
      ],
    ]);
    const texts = new Map<string, string>();
    for (const [name, listener] of answers) {
      answerWith = listener;
      texts.set(name, await refusalOf('http://files.example/a.png'));
    }
    texts.set('filtered', await refusalOf('http://silent.example/a.png'));
    texts.set('private', await refusalOf('http://10.0.0.1/a.png'));
    texts.set('mixed', await refusalOf('http://mixed.example/a.png'));
    texts.set('unknown name', await refusalOf('http://nobody.example/a.png'));
    const [first] = texts.values();
    expect(Object.fromEntries(texts)).toEqual(
      Object.fromEntries([...texts.keys()].map((name) => [name, first])),
    );
    expect(dialledElsewhere()).toEqual([]);
  });

  it('left no generation, no asset and every credit', async () => {
    const [rows] = await app.database.query(
      `SELECT (SELECT count(*)::int FROM generations) AS generations,
              (SELECT count(*)::int FROM assets) AS assets`,
    );
    expect(rows).toEqual({ generations: 0, assets: 0 });
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: CREDITS, held: 0 });
  });

  it('edits what a public address has, and sends nobody’s key there', async () => {
    const asked: object[] = [];
    answerWith = ({ headers, url }, response) => {
      asked.push({ ...headers, url });
      response.writeHead(200, { 'content-type': 'text/plain' }).end(png);
    };
    const answer = await client.post(
      {
        model: 'gpt-image-2',
        prompt: 'a',
        images: [
          { image_url: 'http://files.example/a.png?x=1' },
          { image_url: 'http://files.example/b.png' },
        ],
      },
      { path: '/v1/images/edits' },
    );
    expect(answer.status).toBe(200);
    const sha256 = createHash('sha256').update(png).digest('hex');
    expect(stub.calls[0].parts).toMatchObject([{ sha256 }, { sha256 }]);
    expect(asked).toHaveLength(2);
    expect(JSON.stringify(asked)).not.toContain(customer.secret);
    expect(await app.database.query(`SELECT 1 FROM assets WHERE kind = 'input'`)).toHaveLength(1);
  });
});
