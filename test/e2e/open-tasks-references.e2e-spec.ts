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
import { OpenTasksClient } from './open-tasks-client.js';

/** A public address where nobody answers. */
const SILENT = '93.184.216.99';
const CREDITS = 100;
const PICTURE = 'http://files.example/a.png';

describe('reference images of a task', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let recorder: DialRecorder;
  let client: OpenTasksClient;
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
    client = await OpenTasksClient.of(app);
    customer = await client.givenPaid(CREDITS);
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

  async function refusalOf(url: string): Promise<string> {
    const { status, body, text } = await client.create(customer.secret, {
      prompt: 'a',
      images: [url],
    });
    expect([status, body.error]).toEqual([400, 'invalid_request']);
    return text;
  }

  const dialledElsewhere = () =>
    recorder.dialled.filter(({ address }) => address !== PUBLIC && address !== SILENT);

  it('are never dialled at hostile hosts, and nothing is said of those', async () => {
    const missing = await refusalOf('https://nobody.example/a.png');
    for (const host of HOSTILE_HOSTS) {
      expect([host, await refusalOf(`http://${host}/latest/meta-data`)]).toEqual([host, missing]);
    }
    expect(recorder.dialled).toEqual([]);
  });

  it.each(HOSTILE_URLS)('dial no private address for %j', async (url) => {
    const text = await refusalOf(url);
    expect(text).not.toMatch(/127\.0|refused|timeout|private|resolv|redirect|scheme/i);
    expect(dialledElsewhere()).toEqual([]);
  });

  it('are dialled on no other port, and what stands at an address is not told', async () => {
    const missing = await refusalOf('https://nobody.example/a.png');
    for (const port of HOSTILE_PORTS) {
      expect(await refusalOf(`http://files.example:${port}/a.png`)).toBe(missing);
    }
    expect(recorder.dialled).toEqual([]);
    const answers: RequestListener[] = [
      (_request, response) => response.end('hello'),
      (_request, response) => response.writeHead(404).end(),
      (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1/' }).end(),
      (_request, response) => response.end(png.subarray(0, 500)),
      (request) => request.socket.resetAndDestroy(),
    ];
    for (const listener of answers) {
      answerWith = listener;
      expect(await refusalOf(PICTURE)).toBe(missing);
    }
    expect(await refusalOf('http://silent.example/a.png')).toBe(missing);
    expect(await refusalOf('http://mixed.example/a.png')).toBe(missing);
    expect(dialledElsewhere()).toEqual([]);
  });

  it('are not fetched for a body that is refused, nor for who cannot pay', async () => {
    const poor = await client.givenPaid(1);
    const asked = { prompt: 'a', images: [PICTURE] };
    const refused = [
      await client.create(customer.secret, { ...asked, resolution: '4k' }),
      await client.create(customer.secret, { ...asked, n: 1 }),
      await client.create(poor.secret, asked),
    ];
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 402]);
    expect(refused[2].body.message).toBe('insufficient credits for 1K generation, 1 < 2');
    expect(recorder.dialled).toEqual([]);
  });

  it('left no generation, no asset and every credit', async () => {
    const [rows] = await app.database.query(
      `SELECT (SELECT count(*)::int FROM generations) AS generations,
              (SELECT count(*)::int FROM assets) AS assets`,
    );
    expect(rows).toEqual({ generations: 0, assets: 0 });
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: CREDITS, held: 0 });
  });

  it('reach the upstream, up to four in their order, and nobody’s key leaves', async () => {
    const asked: object[] = [];
    answerWith = ({ headers, url }, response) => {
      asked.push({ ...headers, url });
      response.writeHead(200, { 'content-type': 'text/plain' }).end(png);
    };
    const { body } = await client.create(customer.secret, {
      prompt: 'a',
      images: Array(4).fill(PICTURE),
      aspect_ratio: '1:1',
      resolution: '2k',
    });
    const task = await client.ended(customer.secret, body.data.id);

    const sha256 = createHash('sha256').update(png).digest('hex');
    expect(stub.calls[0].parts).toMatchObject(Array(4).fill({ sha256 }));
    expect(stub.calls[0].body).toMatchObject({ size: '2048x2048' });
    expect(task).toMatchObject({
      status: 'success',
      cost_credits: 4,
      options: { reference_images: 4 },
      task_result: { images: [{ width: 2048, height: 2048 }] },
    });
    expect(JSON.stringify(asked)).not.toContain(customer.secret);
  });
});
