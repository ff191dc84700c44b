import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import sharp from 'sharp';
import { HOSTILE_HOSTS, HOSTILE_PORTS, HOSTILE_URLS } from '../data/hostile-urls.js';
import { startApp, stubUpstream, type TestApp } from '../support/app.js';
import {
  closeServers,
  DialRecorder,
  FakeResolver,
  PUBLIC,
  serve,
} from '../support/dial-recorder.js';
import { makeImage } from '../support/images.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { AiRelayClient, ASKED, EDIT, NATIVE } from './ai-relay-client.js';

/** A public address where nobody answers. */
const SILENT = '93.184.216.99';
const CREDITS = 1000;
const PICTURE = 'http://files.example/a.png';
/** Forms that are no address of another place: the picture itself, or nothing. */
const DATA_URL = 'data:image/png;base64,iVBORw0KGgo=';

describe('addresses that others wrote, on /api/ai', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let recorder: DialRecorder;
  let client: AiRelayClient;
  let customer: { accountId: string; secret: string };
  let answerWith: RequestListener;
  let png: Buffer;

  beforeAll(async () => {
    png = await makeImage('png', { width: 64, height: 48, noise: true });
    const site = await serve((request, response) => answerWith(request, response));
    stub = await startUpstreamStub();
    const stands = { [PUBLIC]: site, '127.0.0.1': stub.port };
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
      upstreams: [stubUpstream(stub.baseUrl, { exposeLinks: true })],
      env: { ALLOW_HTTP_FETCH: 'true' },
      egress: { dialer: recorder, resolver },
    });
    client = await AiRelayClient.of(app);
    customer = await client.given(CREDITS);
  });

  beforeEach(() => {
    stub.reset();
    recorder.dialled.length = 0;
    answerWith = (_request, response) => response.end('nothing to see');
  });

  afterAll(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await app.stop();
    await stub.close();
    await closeServers();
  });

  /** Beyond public addresses and the upstream itself, at the port where it is configured. */
  const dialledElsewhere = () =>
    recorder.dialled.filter(({ address, port }) => {
      const isUpstream = address === '127.0.0.1' && port === stub.port;
      return address !== PUBLIC && address !== SILENT && !isUpstream;
    });

  describe('reference images', () => {
    /** All of an answer but what differs by request. */
    async function refusalOf(fields: object): Promise<string> {
      const asked = { model: 'gpt-image-2', prompt: 'a', ...fields };
      const { body } = await client.edit(customer.secret, asked);
      expect(body.code).toBe(10002);
      return JSON.stringify({ ...body, requestId: null, timestamp: null });
    }

    it('are never dialled at hostile hosts, and nothing is said of those', async () => {
      const missing = await refusalOf({ image: 'https://nobody.example/a.png' });
      for (const host of HOSTILE_HOSTS) {
        const image = `http://${host}/latest/meta-data`;
        expect([host, await refusalOf({ image })]).toEqual([host, missing]);
      }
      expect(recorder.dialled).toEqual([]);
    });

    it.each(HOSTILE_URLS)('dial no private address for %j', async (url) => {
      for (const fields of [{ image: url }, { image: [url] }, { image: PICTURE, mask: url }]) {
        const text = await refusalOf(fields);
        expect(text).not.toMatch(/127\.0|refused|timeout|private|resolv|redirect|scheme/i);
      }
      expect(dialledElsewhere()).toEqual([]);
    });

    it('tell no closed port from a filtered one, nor what stands at an address', async () => {
      const missing = await refusalOf({ image: 'https://nobody.example/a.png' });
      for (const port of HOSTILE_PORTS) {
        expect(await refusalOf({ image: `http://files.example:${port}/a.png` })).toBe(missing);
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
        expect(await refusalOf({ image: PICTURE })).toBe(missing);
      }
      expect(await refusalOf({ image: 'http://silent.example/a.png' })).toBe(missing);
      expect(await refusalOf({ image: 'http://mixed.example/a.png' })).toBe(missing);
      expect(dialledElsewhere()).toEqual([]);
    });

    it('are not fetched for a body that is refused, nor for who can pay for no edit', async () => {
      const { secret: poor } = await client.given(0);
      const asked = { model: 'gpt-image-2', prompt: 'a', image: PICTURE };
      const answers = [
        await client.edit(customer.secret, { ...asked, size: '1x1' }),
        await client.edit(customer.secret, { ...asked, model: 'nothing' }),
        await client.edit(poor, asked),
      ];
      expect(answers.map(({ body }) => body.code)).toEqual([10002, 12300, 402]);
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

    it('reach the upstream in their order, by address and as data URL, and no key leaves', async () => {
      const asked: object[] = [];
      answerWith = ({ headers, url }, response) => {
        asked.push({ ...headers, url });
        response.end(png);
      };
      const mask = await sharp(png).ensureAlpha(0.5).png().toBuffer();
      const { body } = await client.edit(customer.secret, {
        ...ASKED,
        image: [PICTURE, `data:image/png;base64,${mask.toString('base64')}`],
        mask: `data:image/png;base64,${mask.toString('base64')}`,
      });

      expect(body.code).toBe(0);
      const sha256 = createHash('sha256').update(png).digest('hex');
      expect(stub.calls[0].parts.map(({ name }) => name)).toEqual(['image[]', 'image[]', 'mask']);
      expect(stub.calls[0].parts[0].sha256).toBe(sha256);
      expect(JSON.stringify(asked)).not.toContain(customer.secret);
    });

    it('make a task too', async () => {
      answerWith = (_request, response) => response.end(png);
      const body = { ...ASKED, image: PICTURE };
      const started = await client.post(`${EDIT}/async`, customer.secret, body);
      const task = await client.ended(customer.secret, started.body.data.logId);
      expect(task).toMatchObject({ status: 'success', request: { inputImages: 1 } });
      expect(task.images[0].url).toContain(`${app.url}/files/`);
    });
  });

  describe('links of an upstream', () => {
    /** What comes of an answer that names this link for its picture. */
    async function outcomeOf(url: string) {
      const data = JSON.stringify({ created: 1, data: [{ url }] });
      const headers = { 'content-type': 'application/json' };
      stub.always('raw', { status: 200, headers, body: data });
      const answer = await client.send<{ error?: object }>('POST', NATIVE, NATIVE, {
        headers: {
          authorization: `Bearer ${customer.secret}`,
          'content-type': 'application/json',
          'x-easel-no-join': '1',
        },
        body: JSON.stringify(ASKED),
      });
      return { status: answer.status, text: answer.text };
    }

    it('are never dialled at hostile hosts, and nothing is said of those', async () => {
      const before = await app.balanceOf(customer.accountId);
      const missing = await outcomeOf('https://nobody.example/a.png');
      expect(missing.status).toBe(502);
      for (const host of HOSTILE_HOSTS) {
        expect([host, await outcomeOf(`http://${host}/latest/meta-data`)]).toEqual([host, missing]);
        expect([host, dialledElsewhere()]).toEqual([host, []]);
      }
      for (const port of HOSTILE_PORTS) {
        expect(await outcomeOf(`http://files.example:${port}/a.png`)).toEqual(missing);
      }
      expect(await outcomeOf('http://silent.example/a.png')).toEqual(missing);
      expect(dialledElsewhere()).toEqual([]);
      expect(await app.balanceOf(customer.accountId)).toEqual(before);
    });

    it.each(HOSTILE_URLS)('dial no private address for %j', async (url) => {
      const { status, text } = await outcomeOf(url);
      expect(status).toBe(502);
      expect(text).not.toMatch(/127\.0|timeout|private|resolv|redirect|scheme/i);
      expect(dialledElsewhere()).toEqual([]);
    });

    it('are handed on as they came when a picture stands there', async () => {
      answerWith = (_request, response) => response.end(png);
      const url = 'http://files.example/signed.png?sig=a%2Fb&x=%E4%BD%A0';
      const { status, text } = await outcomeOf(url);
      expect([status, (JSON.parse(text) as { data: unknown }).data]).toEqual([200, [{ url }]]);
    });

    it('never are a data URL', async () => {
      const { status } = await outcomeOf(DATA_URL);
      expect(status).toBe(502);
    });
  });
});
