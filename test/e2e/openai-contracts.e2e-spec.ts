import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { type Body, SKETCH, SurfaceClient } from './openai-client.js';

const CREDITS = 1000;

describe('the public APIs this surface stands in for', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let client: SurfaceClient;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
    customer = await app.givenCustomer(CREDITS);
    client = as(customer.secret);
  });

  afterEach(() => void stub.reset());

  afterAll(async () => {
    await app.stop();
    await stub.close();
  });

  const as = (secret: string): SurfaceClient => new SurfaceClient(app, secret);

  describe('profiles', () => {
    it('aiimg: its defaults and limits, its id, by alias or by key', async () => {
      const byKey = await app.givenKey(customer.accountId, { profile: 'aiimg' });
      for (const [secret, path] of [
        [customer.secret, '/aiimg/v1/images/generations'],
        [byKey.secret, '/v1/images/generations'],
      ]) {
        const headers = { authorization: `Bearer ${secret}` };
        const answer = await client.post({ prompt: 'a lighthouse' }, { path, headers });
        const body = (await answer.json()) as Body;
        expect(body).toMatchObject({
          data: [{ url: expect.any(String) as string }],
          size: '1024x1024',
          aiimg_generation_id: answer.headers.get('x-generation-id'),
        });
        for (const [param, bad] of [
          ['n', { n: 5 }],
          ['prompt', { prompt: 'a' }],
          ['prompt', { prompt: 'x'.repeat(4001) }],
        ] as const) {
          const refused = await client.post({ prompt: 'ab', ...bad }, { path, headers });
          expect([refused.status, await refused.json()]).toMatchObject([400, { error: { param } }]);
        }
      }
      expect(stub.calls.every(({ body }) => body?.model === 'gpt-image-2')).toBe(true);
    });

    it.each([
      [{}, 'dall-e-2', 'url'],
      [{ background: 'opaque' }, 'gpt-image-1', 'b64_json'],
      [{ model: 'dall-e-3', n: 1 }, 'dall-e-3', 'url'],
    ])('aiai: %j asks for %s and answers %s', async (extra, model, form) => {
      const answer = await client.post(
        { prompt: 'a lighthouse', ...extra },
        { path: '/aiai/v1/images/generations/' },
      );
      const { data } = (await answer.json()) as { data: object[] };
      expect(Object.keys(data[0])).toEqual([form]);
      const id = answer.headers.get('x-generation-id');
      expect(await (await client.get(`/v1/images/${id}`)).json()).toMatchObject({ model });
    });
  });

  describe('contracts of the public APIs it stands in for', () => {
    const aiimg = readSeed('000_aiimg.openapi.json');
    const aiai = readSeed('003_aiai.openapi.json');

    it('the AIImg API: every answer has the shape its document gives', async () => {
      const path = '/aiimg/v1/images/generations';
      const success = schemaOf(aiimg, 'ImageResponse');
      const failure = schemaOf(aiimg, 'ApiError');
      for (const body of [{ prompt: 'a lighthouse' }, { ...SKETCH, response_format: 'b64_json' }]) {
        expectValid(success, await (await client.post(body, { path })).json());
      }
      const poor = await app.givenCustomer(0);
      stub.next('status-500');
      const failing: [number, Body, object][] = [
        [400, { n: 1 }, {}],
        [401, SKETCH, { authorization: 'Bearer x' }],
        [402, SKETCH, { authorization: `Bearer ${poor.secret}` }],
        [502, { prompt: 'a lighthouse' }, {}],
        [400, { ...SKETCH, model: 'nothing' }, {}],
      ];
      for (const [status, body, headers] of failing) {
        const answer = await client.post(body, {
          path,
          headers: headers as Record<string, string>,
        });
        expect(answer.status).toBe(status);
        expectValid(failure, await answer.json());
      }
      const unknown = await client.get('/aiimg/v1/images/nothing');
      expect(unknown.status).toBe(404);
      expect((await client.get('/aiimg/v1/account/balance')).status).toBe(200);
      expect((await client.get('/aiimg/v1/account/usage?before=2027-01-01T00:00:00Z')).status).toBe(
        200,
      );
    });

    it('the AIAI API: its minimal request, with the slash, is answered in its shape', async () => {
      const success = schemaOf(aiai, 'ImagesResponse');
      for (const extra of [{}, { stream: 'false', moderation: 'low', user: 'u' }]) {
        const answer = await client.post(
          { prompt: 'string', ...extra },
          { path: '/aiai/v1/images/generations/' },
        );
        expect(answer.status).toBe(200);
        expectValid(success, await answer.json());
      }
    });
  });
});

interface SeedDocument {
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

function readSeed(name: string): SeedDocument {
  const file = join(import.meta.dirname, '..', 'data', 'seeds', name);
  return JSON.parse(readFileSync(file, 'utf8')) as SeedDocument;
}

function schemaOf({ components }: SeedDocument, name: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: false });
  return ajv.compile({ components, $ref: `#/components/schemas/${name}` });
}

function expectValid(validate: ValidateFunction, body: unknown): void {
  validate(body);
  expect(validate.errors ?? []).toEqual([]);
}
