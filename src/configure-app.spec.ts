import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, Post, Req } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Express, Request } from 'express';
import request from 'supertest';
import { APP_OPTIONS, configureApp, createHttpAdapter } from './configure-app.js';
import { loadEnv } from './config/index.js';
import { configureLogs, logger } from './observability/logger.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { annotateRequest, currentRequestId } from './observability/request-context.js';
import { SurfaceKitModule } from './surface-kit/index.js';

const seen: { prototypeIsAppRequest?: boolean; requestId?: string | null } = {};

@Controller()
class ProbeController {
  @Get('things/:id')
  thing(@Req() req: Request) {
    seen.requestId = currentRequestId();
    annotateRequest({ keyId: 'key-1', generationId: 'generation-1' });
    return { ip: req.ip, protocol: req.protocol };
  }

  @Post('broken')
  broken() {
    throw new Error('pg says: secret sk-easel-live-abcdefghijklmnop at postgres://me:hush@db/x');
  }
}

@Module({ imports: [ObservabilityModule, SurfaceKitModule], controllers: [ProbeController] })
class ProbeModule {}

async function start(settings: Record<string, string> = {}) {
  const lines: string[] = [];
  const env = loadEnv({ LOG_LEVEL: 'debug', ...settings });
  configureLogs('debug', { write: (line: string) => void lines.push(line) });
  const builder = Test.createTestingModule({ imports: [ProbeModule] });
  const module = await builder.compile();
  const app = module.createNestApplication(createHttpAdapter(), APP_OPTIONS);
  configureApp(app, env);
  await app.listen(0, '127.0.0.1');
  const records = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { app, lines, records, http: request(app.getHttpServer()) };
}

type Started = Awaited<ReturnType<typeof start>>;

const requestRecord = ({ records }: Started) =>
  records().find(({ msg }) => msg === 'request') as Record<string, unknown>;

describe(configureApp.name, () => {
  let started: Started;
  beforeEach(async () => {
    started = await start();
  });
  afterEach(async () => {
    await started.app.close();
    configureLogs('silent', { write: () => undefined });
  });

  it('creates requests and responses with the prototypes that Express would set', async () => {
    const express = started.app.getHttpAdapter().getInstance() as Express;
    const shapes: boolean[] = [];
    const server = started.app.getHttpServer() as http.Server;
    server.prependListener('request', (req: object, res: object) => {
      shapes.push(Object.getPrototypeOf(req) === express.request);
      shapes.push(Object.getPrototypeOf(res) === express.response);
    });
    await started.http.get('/things/1').expect(200);
    expect(shapes).toEqual([true, true]);
  });

  it('takes over a plain request id, and replaces anything else', async () => {
    const kept = await started.http.get('/things/1').set('x-request-id', 'abc.DEF_1-2');
    expect(kept.headers['x-request-id']).toBe('abc.DEF_1-2');
    expect(seen.requestId).toBe('abc.DEF_1-2');
    for (const odd of ['a b', 'x'.repeat(65), '{"level":"error"}', 'é']) {
      const answer = await started.http.get('/things/1').set('x-request-id', odd);
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('names neither framework nor version, and lets nothing be framed, run or cached', async () => {
    const { headers } = await started.http.get('/things/1');
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers.etag).toBeUndefined();
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toBe('no-store');
  });

  it('answers an unknown route, a wrong method and a broken path as problems', async () => {
    const unknown = await started.http.get('/nothing/here').expect(404);
    expect(unknown.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(unknown.body).toMatchObject({ status: 404, code: 'not_found', param: null });
    expect(unknown.body.request_id).toBe(unknown.headers['x-request-id']);
    const wrong = await started.http.delete('/things/1').expect(405);
    expect(wrong.headers.allow).toBe('GET, HEAD');
    await started.http.get('/things/%E0%A4%A').expect(400);
  });

  it("answers an unknown route of a surface in that surface's shape", async () => {
    const { body } = await started.http.get('/v1/nothing').expect(404);
    expect(body).toMatchObject({ error: { code: 'not_found' } });
  });

  it('answers a bug as an opaque 500 and logs it without the secrets in its text', async () => {
    const { body } = await started.http.post('/broken').expect(500);
    expect(JSON.stringify(body)).not.toMatch(/pg says|sk-easel|hush/);
    const log = started.lines.join('');
    expect(log).toContain('pg says');
    expect(log).not.toMatch(/abcdefghijklmnop|hush/);
  });

  it('finds routes behind repeated and trailing slashes', async () => {
    await started.http.get('//things//1/').expect(200);
  });

  it('allows any origin, without credentials, on errors too', async () => {
    for (const path of ['/things/1', '/nothing', '/v1/nothing']) {
      const { headers } = await started.http.get(path).set('origin', 'https://shop.example');
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      expect(headers['access-control-expose-headers']).toContain('x-request-id');
    }
  });

  it('lets a browser keep the answer to a preflight', async () => {
    const answer = await started.http
      .options('/v1/images/generations')
      .set('origin', 'https://shop.example')
      .set('access-control-request-method', 'POST')
      .set('access-control-request-headers', 'authorization, x-stainless-os');
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-max-age']).toBe('7200');
    expect(answer.headers['access-control-allow-headers']).toBe('authorization, x-stainless-os');
  });

  it('writes one line per request, with the route and never what was sent', async () => {
    const canary = 'sk-easel-live-canarycanarycanarycanary';
    await started.http
      .get(`/things/${canary}?key=${canary}&prompt=canary-prompt`)
      .set('authorization', `Bearer ${canary}`)
      .set('cookie', `session=${canary}`)
      .set('user-agent', canary)
      .set('x-request-id', 'one-line');
    const records = started.records().filter(({ msg }) => msg === 'request');
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      method: 'GET',
      route: '/things/:id',
      status: 200,
      requestId: 'one-line',
      keyId: 'key-1',
      generationId: 'generation-1',
    });
    expect(records[0].bytes).toBeGreaterThan(0);
    expect(started.lines.join('')).not.toContain('canary');
  });

  it('describes an unmatched path only as far as it cannot hold a secret', async () => {
    await started.http
      .get('/v2/chat/sk-easel-live-canarycanarycanarycanary/%0a%1b[31m')
      .expect(404);
    expect(requestRecord(started).route).toBe('/v2/chat/*/* (unmatched)');
  });

  it('keeps forged lines and terminal escapes out of the log', () => {
    const before = started.lines.length;
    const forged = 'x\n{"level":"error"}\u001b[31m\u202e\u2028';
    logger('test').info(forged, { name: forged });
    const [line] = started.lines.slice(before);
    expect(line.trimEnd()).not.toMatch(/[\n\u001b\u202e\u2028]/);
  });

  it('writes no nested value, whatever is passed', () => {
    logger('test').info('passed', { headers: { authorization: 'canary' }, count: 2n });
    expect(started.lines.join('')).not.toContain('canary');
    expect(started.records().at(-1)).toMatchObject({ headers: '(object)', count: '2' });
  });
});

describe('CORS_ORIGINS', () => {
  it('lets only the origins named read answers', async () => {
    const { app, http } = await start({ CORS_ORIGINS: 'https://a.example, https://b.example/' });
    const allowed = await http.get('/things/1').set('origin', 'https://b.example');
    expect(allowed.headers['access-control-allow-origin']).toBe('https://b.example');
    for (const origin of ['https://evil.example', 'null', 'https://b.example.evil']) {
      const { headers } = await http.get('/things/1').set('origin', origin);
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    await app.close();
  });
});

describe('TRUST_PROXY', () => {
  const forwarded = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' };

  it('believes nobody by default and says so once', async () => {
    const { app, http, records } = await start();
    for (let round = 0; round < 3; round += 1) {
      const { body } = await http.get('/things/1').set(forwarded);
      expect(body).toEqual({ ip: '127.0.0.1', protocol: 'http' });
    }
    const warnings = records().filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(warnings[0].msg).toContain('TRUST_PROXY');
    await app.close();
  });

  it('believes the proxies named, hop by hop', async () => {
    const { app, http } = await start({ TRUST_PROXY: '127.0.0.0/8, 10.0.0.0/8' });
    const { body } = await http.get('/things/1').set(forwarded);
    expect(body).toEqual({ ip: '203.0.113.9', protocol: 'https' });
    const spoofed = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9, 10.1.2.3' };
    const { body: behind } = await http.get('/things/1').set(spoofed);
    expect(behind.ip).toBe('203.0.113.9');
    await app.close();
  });

  it('refuses to start on something that is no address range', async () => {
    await expect(start({ TRUST_PROXY: 'everybody' })).rejects.toThrow('TRUST_PROXY');
  });
});

describe('a listening server', () => {
  it('answers a client that speaks no HTTP and lives on', async () => {
    const { app, http: client } = await start();
    const { port } = (app.getHttpServer() as http.Server).address() as AddressInfo;
    const { connect } = await import('node:net');
    const reply = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write('\u0016\u0003\u0001 hello\r\n\r\n'),
      );
      socket.on('data', (chunk) => resolve(chunk.toString()));
    });
    expect(reply).toContain('400 Bad Request');
    await client.get('/things/1').expect(200);
    await app.close();
  });
});
