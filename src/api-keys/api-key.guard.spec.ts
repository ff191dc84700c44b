import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  type INestApplication,
  Post,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Express, Response } from 'express';
import { DomainError, STATUS_OF_CODE } from '../common/domain-error.js';
import type { ChangeFeed, Database } from '../database/index.js';
import { ApiKeyGuard } from './api-key.guard.js';
import type { Caller } from './caller.js';
import { CurrentCaller } from './current-caller.decorator.js';
import { KeyAuthenticator } from './key-authenticator.js';
import type { KeyUses } from './key-uses.service.js';
import { RequireScope } from './require-scope.decorator.js';
import { hashSecret, mintSecret } from './secret.js';

@Catch(DomainError)
class PlainFilter implements ExceptionFilter {
  catch({ code, message }: DomainError, host: ArgumentsHost): void {
    host
      .switchToHttp()
      .getResponse<Response>()
      .status(STATUS_OF_CODE[code])
      .json({ code, message });
  }
}

@Controller()
@UseFilters(PlainFilter)
class ProbeController {
  @Post('any')
  @UseGuards(ApiKeyGuard)
  any(@CurrentCaller() caller: Caller): { keyId: string } {
    return { keyId: caller.keyId };
  }

  @Get('bearer')
  @UseGuards(ApiKeyGuard.for({ headers: ['bearer'] }))
  bearer(@CurrentCaller() caller: Caller): { keyId: string } {
    return { keyId: caller.keyId };
  }

  @Get('create')
  @RequireScope('images.create')
  @UseGuards(ApiKeyGuard)
  create(): object {
    return {};
  }

  @Get('open')
  open(@CurrentCaller() caller: Caller): Caller {
    return caller;
  }
}

const KEY = mintSecret('easel', 'live');
const READER = mintSecret('easel', 'live');
const OFFICE = mintSecret('easel', 'live');

const ROWS: readonly [secret: string, row: Partial<Caller>][] = [
  [KEY, { keyId: 'key', scopes: null }],
  [READER, { keyId: 'reader', scopes: ['images.read'] }],
  [OFFICE, { keyId: 'office', scopes: null, allowedCidrs: ['203.0.113.0/24'] }],
];

describe(ApiKeyGuard.name, () => {
  let app: INestApplication;
  let port: number;
  let queries: number;

  beforeEach(async () => {
    queries = 0;
    const database = {
      query: async ({ values }: { values: [Buffer] }) => {
        queries += 1;
        return ROWS.filter(([secret]) => hashSecret(secret).equals(values[0])).map(([, row]) => ({
          allowedCidrs: null,
          expiresAt: null,
          ...row,
        }));
      },
    };
    const authenticator = new KeyAuthenticator(
      database as unknown as Database,
      { onChange: () => undefined } as unknown as ChangeFeed,
      { record: () => undefined } as unknown as KeyUses,
    );
    const module = await Test.createTestingModule({
      controllers: [ProbeController],
      providers: [{ provide: KeyAuthenticator, useValue: authenticator }],
    }).compile();
    app = module.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    port = ((app.getHttpServer() as http.Server).address() as AddressInfo).port;
  });

  afterEach(() => app.close());

  /** Writes the bytes as they are: clients of a library could not send half of these. */
  function send(method: string, path: string, headers: string[], body = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = net.connect(port, '127.0.0.1', () => {
        const lines = [
          `${method} ${path} HTTP/1.1`,
          'Host: localhost',
          'Connection: close',
          'Content-Type: application/json',
          `Content-Length: ${Buffer.byteLength(body)}`,
          ...headers,
        ];
        socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
      });
      socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
      socket.on('close', () => resolve(answer));
      socket.on('error', (error) => (answer ? resolve(answer) : reject(error)));
    });
  }

  const statusOf = (answer: string) => Number(answer.split(' ', 2)[1]);

  it.each([
    [`Authorization: Bearer ${KEY}`],
    [`authorization: bearer ${KEY}`],
    [`X-API-KEY: ${KEY}`],
    [`api-key: ${KEY}`],
  ])('lets %.24s… through as its caller', async (header) => {
    const answer = await send('POST', '/any', [header]);

    expect(statusOf(answer)).toBe(201);
    expect(answer).toContain('{"keyId":"key"}');
  });

  it.each([
    ['nothing', []],
    ['an empty Authorization', ['Authorization:']],
    ['Bearer alone', ['Authorization: Bearer']],
    ['another scheme', [`Authorization: Basic ${KEY}`]],
    ['the key alone', [`Authorization: ${KEY}`]],
    ['two spaces', [`Authorization: Bearer  ${KEY}`]],
    ['a tab', [`Authorization: Bearer\t${KEY}`]],
    ['a list', [`Authorization: Bearer ${KEY},${KEY}`]],
    ['two Authorizations', [`Authorization: Bearer ${KEY}`, `Authorization: Bearer ${KEY}`]],
    ['two in other cases', [`authorization: Bearer ${KEY}`, 'AUTHORIZATION: Bearer x']],
    ['two x-api-keys', [`x-api-key: ${KEY}`, `x-api-key: ${KEY}`]],
    ['different keys', [`Authorization: Bearer ${KEY}`, `x-api-key: ${READER}`]],
    ['a wrong checksum', [`Authorization: Bearer ${KEY.slice(0, -1)}`]],
    ['Latin-1', [`Authorization: Bearer ${KEY}\u00e9`]],
    ['8 kB', [`Authorization: Bearer ${'k'.repeat(8000)}`]],
    ['a cookie', [`Cookie: api_key=${KEY}; authorization=Bearer ${KEY}`]],
  ])('answers 401 to %s, without asking the database', async (_, headers) => {
    const answer = await send('POST', '/any', headers);

    expect(statusOf(answer)).toBe(401);
    expect(answer).toContain('invalid_api_key');
    expect(queries).toBe(0);
  });

  it('never takes a key from query or body', async () => {
    for (const name of ['api_key', 'key', 'access_token', 'authorization']) {
      const body = JSON.stringify({ [name]: KEY });

      expect(statusOf(await send('POST', `/any?${name}=${KEY}`, [], body))).toBe(401);
    }
    expect(queries).toBe(0);
  });

  it.each([
    ['a NUL', `Authorization: Bearer ${KEY}\u0000`],
    ['100 kB', `Authorization: Bearer ${'k'.repeat(100_000)}`],
  ])('%s ends in the HTTP parser', async (_, header) => {
    expect([400, 431]).toContain(statusOf(await send('POST', '/any', [header])));
    expect(queries).toBe(0);
  });

  it('a surface listens to its own headers only', async () => {
    expect(statusOf(await send('GET', '/bearer', [`x-api-key: ${KEY}`]))).toBe(401);
    expect(statusOf(await send('GET', '/bearer', [`Authorization: Bearer ${KEY}`]))).toBe(200);
  });

  it('a key without the scope of the route is told which one', async () => {
    const answer = await send('GET', '/create', [`Authorization: Bearer ${READER}`]);

    expect(statusOf(answer)).toBe(403);
    expect(answer).toContain('insufficient_scope');
    expect(answer).toContain('images.create');
    expect(statusOf(await send('GET', '/create', [`Authorization: Bearer ${KEY}`]))).toBe(200);
    expect(statusOf(await send('POST', '/any', [`Authorization: Bearer ${READER}`]))).toBe(201);
  });

  it('nobody is the caller of a route without the guard', async () => {
    expect(statusOf(await send('GET', '/open', [`Authorization: Bearer ${KEY}`]))).toBe(500);
  });

  describe('behind addresses', () => {
    const spoofed = [
      `Authorization: Bearer ${OFFICE}`,
      'X-Forwarded-For: 203.0.113.5',
      'Forwarded: for=203.0.113.5',
      'X-Real-IP: 203.0.113.5',
    ];

    it('forwarding headers count for nothing unless their sender is trusted', async () => {
      const answer = await send('POST', '/any', spoofed);

      expect(statusOf(answer)).toBe(403);
      expect(answer).toContain('ip_not_allowed');
    });

    it('a trusted proxy says who the client is', async () => {
      (app.getHttpAdapter().getInstance() as Express).set('trust proxy', ['127.0.0.1/32']);

      expect(statusOf(await send('POST', '/any', spoofed))).toBe(201);
      const chained = [spoofed[0], 'X-Forwarded-For: 203.0.113.5, 198.51.100.1'];
      expect(statusOf(await send('POST', '/any', chained))).toBe(403);
    });
  });
});
