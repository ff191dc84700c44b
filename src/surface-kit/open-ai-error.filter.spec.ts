import { Controller, Get, type INestApplication, Param, Post, UseFilters } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { DomainError, type DomainErrorCode, STATUS_OF_CODE } from '../common/domain-error.js';
import {
  ErrorFilterByPrefix,
  JsonBody,
  normalisePath,
  OpenAiErrorFilter,
  SurfaceKitModule,
  withAliases,
} from './index.js';

const ID = '019aa1f0-7c1e-7a2b-9c3d-4e5f60718293';

/** Fails as it is told to. */
@Controller(withAliases('v1/images'))
@UseFilters(OpenAiErrorFilter)
class FailingController {
  @Post('generations')
  create(@JsonBody() body: { code: DomainErrorCode | 'bug' }): never {
    if (body.code === 'bug') throw new Error('secret cause');
    throw new DomainError(body.code, 'A message.', {
      param: 'size',
      retryAfterSeconds: 7,
      generationId: ID,
      details: { account: 'private' },
    });
  }

  @Get(':code')
  find(@Param('code') code: DomainErrorCode): never {
    throw new DomainError(code, 'A message.');
  }
}

describe('OpenAiErrorFilter', () => {
  let app: INestApplication;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [SurfaceKitModule],
      controllers: [FailingController],
    }).compile();
    app = module.createNestApplication({ bodyParser: false, logger: false });
    app.use(normalisePath);
    const filter = app.get(OpenAiErrorFilter);
    const other = {
      catch: (_: unknown, host: { getArgByIndex(i: number): never }) => {
        const response: { status(n: number): { send(text: string): void } } = host.getArgByIndex(1);
        response.status(404).send('other');
      },
    };
    app.useGlobalFilters(
      new ErrorFilterByPrefix([{ prefixes: ['/v1', '/aiimg', '/aiai'], filter }], other as never),
    );
    await app.init();
  });
  afterAll(() => app.close());

  const post = (path: string, code: string) =>
    request(app.getHttpServer() as never)
      .post(path)
      .send({ code });

  it.each(Object.entries(STATUS_OF_CODE))('answers %s with its status %i', async (code, status) => {
    const answer = await post('/v1/images/generations', code);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      error: { message: 'A message.', type: expect.any(String), param: 'size', code },
    });
    expect(answer.headers).toMatchObject({
      'retry-after': '7',
      'retry-after-ms': '7000',
      'cache-control': 'no-store',
      'x-generation-id': ID,
    });
  });

  it.each([
    ['invalid_value', 'invalid_request_error'],
    ['invalid_api_key', 'invalid_request_error'],
    ['content_policy_violation', 'image_generation_user_error'],
    ['insufficient_credits', 'insufficient_quota'],
    ['model_not_allowed', 'permission_error'],
    ['quota_exceeded', 'rate_limit_error'],
    ['upstream_unavailable', 'server_error'],
    ['generation_in_progress', 'server_error'],
  ])('gives %s the type %s', async (code, type) => {
    const { body } = await post('/v1/images/generations', code);
    expect(body).toMatchObject({ error: { type } });
  });

  // Those of 502 and 503 that reached an upstream are the rule: whoever knows better says so.
  const retryable = [
    'idempotency_in_progress',
    'rate_limit_exceeded',
    'concurrency_limit_exceeded',
    'quota_exceeded',
    'database_unavailable',
    'draining',
  ];
  it.each(
    Object.keys(STATUS_OF_CODE).map((code) => [code, String(retryable.includes(code))] as const),
  )('tells SDKs whether to retry %s: %s', async (code, retry) => {
    const { headers } = await post('/v1/images/generations', code);
    expect(headers['x-should-retry']).toBe(retry);
  });

  it('says where a generation that still runs can be fetched, below the same alias', async () => {
    const plain = await post('/v1/images/generations', 'generation_in_progress');
    const alias = await post('/aiai/v1/images/generations', 'generation_in_progress');
    expect(plain.headers.location).toBe(`/v1/images/${ID}`);
    expect(alias.headers.location).toBe(`/aiai/v1/images/${ID}`);
  });

  it('answers a bug opaquely', async () => {
    const { status, body, text } = await post('/v1/images/generations', 'bug');
    expect(status).toBe(500);
    expect(body).toMatchObject({ error: { code: 'internal_error', type: 'server_error' } });
    expect(text).not.toContain('secret');
  });

  it('answers unknown routes in its shape, and leaves other prefixes alone', async () => {
    const server = app.getHttpServer() as never;
    const inside = await request(server).get('/v1/nothing');
    expect([inside.status, inside.body.error.code]).toEqual([404, 'not_found']);
    const loud = await request(server).get('/V1/Nothing');
    expect([loud.status, loud.body.error.code]).toEqual([404, 'not_found']);
    expect((await request(server).get('/v1nothing')).text).toBe('other');
  });

  it('answers a wrong method with 405 and the methods there are', async () => {
    const answer = await request(app.getHttpServer() as never).delete('/v1/images/generations');
    expect([answer.status, answer.body.error.code]).toEqual([405, 'method_not_allowed']);
    expect(answer.headers.allow).toBe('GET, HEAD, POST');
  });

  it.each(['/v1/images/generations/', '//v1//images/generations', '/v1/images//generations?a=//'])(
    'takes %s for the route itself',
    async (path) => {
      expect((await post(path, 'draining')).status).toBe(503);
    },
  );

  it('answers a broken escape in the path without a 5xx', async () => {
    const { status, body } = await request(app.getHttpServer() as never).get('/v1/images/%E0%A4%A');
    expect([status, body.error.type]).toEqual([400, 'invalid_request_error']);
  });

  describe('below /aiimg', () => {
    it.each([
      ['model_not_allowed', 401],
      ['model_not_found', 400],
      ['idempotency_key_reused', 400],
      ['price_changed', 400],
      ['insufficient_credits', 402],
      ['request_too_large', 413],
      ['quota_exceeded', 429],
      ['internal_error', 502],
      ['model_unavailable', 502],
      ['generation_in_progress', 502],
    ])('answers %s to a create request with %i, which its contract lists', async (code, status) => {
      expect((await post('/aiimg/v1/images/generations', code)).status).toBe(status);
      expect((await post('/aiimg/v1/images/generations/', code)).status).toBe(status);
    });

    it.each([
      ['not_found', 404],
      ['image_removed', 404],
      ['database_unavailable', 503],
    ])('answers %s to a lookup with %i', async (code, status) => {
      const { status: got } = await request(app.getHttpServer() as never).get(
        `/aiimg/v1/images/${code}`,
      );
      expect(got).toBe(status);
    });
  });
});
