import { rename, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { DrainService } from '../../src/observability/drain.service.js';
import { configureLogs } from '../../src/observability/logger.js';
import { ADMIN_KEY, startApp, type TestApp } from '../support/app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { readyIs } from '../support/easel-process.js';

/** Much longer than any answer about health is remembered. */
const FORGOTTEN_MS = 50_000;

const get = (app: TestApp, path: string) => request(app.url).get(path);

describe('health', () => {
  let subject: TestApp;
  beforeEach(async () => void (subject = await startApp()));
  afterEach(() => subject.stop());

  it('is good when everything is there, and names what was looked at', async () => {
    const { body } = await get(subject, '/health/ready').expect(200);
    const names = ['database', 'migrations', 'storage', 'draining'];
    expect(Object.keys(body.details as object).sort()).toEqual(names.sort());
    expect(body).toMatchObject({ status: 'ok', error: {} });
    expect((await get(subject, '/health/live')).body).toEqual({ status: 'ok' });
  });

  it('is bad while images cannot be stored', async () => {
    const images = join(subject.dataDir, 'images');
    await get(subject, '/health/ready').expect(200);
    await rename(images, `${images}-away`);
    await writeFile(images, 'a file where a folder should be');
    await readyIs(subject.url, 503, FORGOTTEN_MS);
    const { body } = await get(subject, '/health/ready');
    expect(Object.keys(body.error as object)).toEqual(['storage']);
    await rm(images);
    await rename(`${images}-away`, images);
    await readyIs(subject.url, 200, FORGOTTEN_MS);
  });

  it('is bad while the process drains, and life goes on', async () => {
    await subject.app.get(DrainService).drain(100);
    const { body, headers } = await get(subject, '/health/ready').expect(503);
    expect(Object.keys(body.error as object)).toEqual(['draining']);
    expect(headers.connection).toBe('close');
    await get(subject, '/health/live').expect(200);
  });
});

describe('a database that is gone', () => {
  it('fails readiness but not life, is a 503 to callers, and is back by itself', async () => {
    const database = await createTestDatabase();
    const line = new DatabaseLine(database);
    await line.open();
    const subject = await startApp({ database: line.there });
    await readyIs(subject.url, 200, FORGOTTEN_MS);
    await line.cut();
    await readyIs(subject.url, 503, FORGOTTEN_MS);
    const { body, text } = await get(subject, '/health/ready').expect(503);
    expect(body.error.database).toMatchObject({ status: 'down' });
    expect(text).not.toMatch(/postgres:|127\.0\.0\.1|easel_test|ECONN/);
    await get(subject, '/health/live').expect(200);
    const admin = await get(subject, '/admin/v1/stats').auth(ADMIN_KEY, { type: 'bearer' });
    expect([admin.status, admin.body.code]).toEqual([503, 'database_unavailable']);
    await line.open();
    await readyIs(subject.url, 200, FORGOTTEN_MS);
    await subject.stop();
    await line.cut();
    await database.drop();
  });
});

describe('a database that lacks a migration', () => {
  it('fails readiness and says which', async () => {
    const database = await createTestDatabase();
    const gone = `DELETE FROM migrations WHERE id = (SELECT max(id) FROM migrations) RETURNING name`;
    const [{ name }] = await database.query<{ name: string }>(gone);
    const subject = await startApp({ database });
    const { body } = await get(subject, '/health/ready').expect(503);
    expect(body.error.migrations.message).toBe(`Not applied: ${name}`);
    await subject.stop();
    await database.drop();
  });
});

describe('metrics', () => {
  let subject: TestApp;
  beforeAll(async () => void (subject = await startApp()));
  afterAll(() => subject.stop());

  it('are for this machine and for the operator', async () => {
    const { text, headers } = await get(subject, '/metrics').expect(200);
    expect(headers['content-type']).toMatch(/^text\/plain; version=/);
    expect(text).toMatch(/^easel_pool_connections\{pool="database",state="idle"\} \d+$/m);
    for (const header of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip']) {
      await get(subject, '/metrics').set(header, '127.0.0.1').expect(401);
      const operator = get(subject, '/metrics').set(header, '203.0.113.9');
      await operator.auth(ADMIN_KEY, { type: 'bearer' }).expect(200);
    }
  });

  it('have routes for labels, not what was asked for', async () => {
    for (let round = 0; round < 20; round += 1) {
      await get(subject, `/nothing/${round}`);
      await get(subject, `/admin/v1/accounts/${round}`);
    }
    const { text } = await get(subject, '/metrics');
    const series = text.match(/^easel_http_request_duration_seconds_count.*$/gm) ?? [];
    expect(series.filter((line) => line.includes('unmatched'))).toHaveLength(1);
    expect(series.filter((line) => line.includes('/accounts/:id'))).toHaveLength(1);
  });
});

describe('secrets and prompts', () => {
  it('are in no log line, metric or error text', async () => {
    const lines: string[] = [];
    configureLogs('trace', { write: (line: string) => void lines.push(line) });
    const upstreamKey = 'sk-upstream-canary-4f1c9a7e';
    const subject = await startApp({
      stub: 'http://127.0.0.1:9/v1',
      env: { STUB_API_KEY: upstreamKey },
    });
    const { secret } = await subject.givenCustomer(10);
    const prompt = 'canary-prompt-of-a-lighthouse';
    const answers = [
      await request(subject.url)
        .post('/v1/images/generations')
        .auth(secret, { type: 'bearer' })
        .send({ model: 'easel-sketch', prompt, size: '512x512' }),
      await request(subject.url)
        .post('/v1/images/generations')
        .auth(secret, { type: 'bearer' })
        .send({ model: 'gpt-image-2', prompt, size: '1x1', user: prompt }),
      await request(subject.url)
        .post('/v1/images/generations')
        .auth(secret, { type: 'bearer' })
        .send({ model: 'gpt-image-2', prompt }),
      await get(subject, `/v1/models?key=${secret}&prompt=${prompt}`).set('x-api-key', secret),
      await get(subject, `/${secret}/${prompt}`).set('cookie', secret).set('user-agent', secret),
      await get(subject, '/admin/v1/upstreams').auth(ADMIN_KEY, { type: 'bearer' }),
      await get(subject, '/admin/v1/accounts').auth(`${ADMIN_KEY}-wrong`, { type: 'bearer' }),
      await get(subject, `/metrics?key=${ADMIN_KEY}`),
    ];
    await sleep(50);
    await subject.stop();
    configureLogs('silent', { write: () => undefined });
    const written = [...lines, answers.at(-1)!.text, ...answers.map(({ text }) => text)].join('\n');
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 502, 200, 404, 200, 401, 200]);
    expect(lines.filter((line) => line.includes('"msg":"request"')).length).toBeGreaterThan(5);
    for (const canary of [secret, ADMIN_KEY, prompt, upstreamKey]) {
      expect(written).not.toContain(canary);
    }
  });
});

/** The way to the database, which can be cut as if the server were gone. */
class DatabaseLine {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;

  constructor(private readonly database: TestDatabase) {}

  async open(): Promise<void> {
    const { hostname, port } = new URL(this.database.url);
    this.server = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(from);
        from.pipe(to).on('error', () => undefined);
        from.on('close', () => to.destroy());
      }
    });
    await new Promise<void>((resolve) => this.server!.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  cut(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server!.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    return closed;
  }

  /** The database by way of this line. */
  get there(): TestDatabase {
    const url = new URL(this.database.url);
    url.host = `127.0.0.1:${this.port}`;
    return { ...this.database, url: url.toString() };
  }
}
