import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database, type Sql } from '../../src/database/index.js';
import { startApp, stubUpstream, type TestApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';

const ENDED_WITHIN_MS = 90_000;

let stub: UpstreamStub;
let app: TestApp;

beforeAll(async () => {
  stub = await startUpstreamStub();
  app = await startApp({ upstreams: [stubUpstream(stub.baseUrl, { maxConcurrent: 1 })] });
});

afterAll(async () => {
  await app?.stop();
  await stub?.close();
});

beforeEach(() => void stub.reset());

/** Accept commits, and whoever asked never hears of it: the connection is gone, twice. */
async function deafly<T>(work: () => Promise<T>, reason: string): Promise<T> {
  const database = app.app.get(Database);
  const query = database.query.bind(database);
  const commits = reason === 'Connection terminated unexpectedly';
  database.query = async <R>(sql: Sql) => {
    if (sql.name !== 'relay_accept') return query<R>(sql);
    if (commits) await query<R>(sql);
    throw database.translate(new Error(reason));
  };
  try {
    return await work();
  } finally {
    database.query = query;
  }
}

function post(secret: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${app.url}/v1/images/generations`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      'x-easel-no-join': '1',
      ...headers,
    },
    body: JSON.stringify({ model: 'gpt-image-2', prompt: 'a mole', size: '1024x1024' }),
  });
}

async function whileFull<T>(work: () => Promise<T>): Promise<T> {
  const { secret } = await app.givenCustomer(10);
  const release = stub.hold();
  const first = post(secret);
  while (stub.inFlight === 0) await sleep(10);
  const result = await work();
  release();
  expect((await first).status).toBe(200);
  return result;
}

async function allEnded(accountId: string): Promise<string[]> {
  for (const end = Date.now() + ENDED_WITHIN_MS; Date.now() < end; await sleep(50)) {
    const rows = await app.database.query<{ status: string; ended: boolean }>(
      `SELECT status, finished_at IS NOT NULL AS ended FROM generations WHERE account_id = $1`,
      [accountId],
    );
    if (rows.every(({ ended }) => ended)) return rows.map(({ status }) => status);
  }
  throw new Error('a generation has not ended');
}

const lost = 'Connection terminated unexpectedly';

describe('an accept whose commit nobody heard of', () => {
  it('under way nowhere: the client may retry, because it ends uncharged', async () => {
    const { accountId, secret } = await app.givenCustomer(10);
    const answer = await deafly(() => post(secret), lost);
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([503, 'true']);
    expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 2 });

    await app.database.query(
      `UPDATE generations SET started_at = started_at - interval '31 s' WHERE account_id = $1`,
      [accountId],
    );
    expect(await allEnded(accountId)).toEqual(['failed']);
    expect(await app.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
    expect(stub.calls).toHaveLength(0);
  });

  it('in the queue: the client is told the id and not to retry, because it will be charged', async () => {
    const { accountId, secret } = await app.givenCustomer(10);
    const answer = await whileFull(() => deafly(() => post(secret), lost));
    expect(answer.status).toBe(503);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    const id = answer.headers.get('x-generation-id');

    expect(await allEnded(accountId)).toEqual(['succeeded']);
    const found = await fetch(`${app.url}/v1/images/${id}`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(await found.json()).toMatchObject({ status: 'succeeded', data: [expect.anything()] });
    expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
  });

  it('in the queue, with an Idempotency-Key: a retry gets the pictures and is charged once', async () => {
    const { accountId, secret } = await app.givenCustomer(10);
    const key = { 'idempotency-key': 'unheard' };
    const answer = await whileFull(() => deafly(() => post(secret, key), lost));
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([503, 'true']);

    const again = await post(secret, key);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(again.headers.get('x-generation-id')).toBe(answer.headers.get('x-generation-id'));
    expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
  });

  it('is none when the database was not even reached: no id, and retry', async () => {
    const { secret } = await app.givenCustomer(10);
    const unreached = 'timeout exceeded when trying to connect';
    const answer = await whileFull(() => deafly(() => post(secret), unreached));
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([503, 'true']);
    expect(answer.headers.get('x-generation-id')).toBeNull();
  });
});
