import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database, type Sql } from '../../src/database/index.js';
import { DrainService } from '../../src/observability/drain.service.js';
import { startApp, stubUpstream, type TestApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';

const GRACE_MS = 60_000;

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

/** Holds a claimed generation up between its slot and its first byte; resolves when it is there. */
function holdUpClaims(ms: number): Promise<void> {
  const database = app.app.get(Database);
  const query = database.query.bind(database);
  return new Promise((reached) => {
    database.query = async <T>(sql: Sql) => {
      if (sql.name === 'relay_next_attempt') {
        reached();
        await sleep(ms);
      }
      return query<T>(sql);
    };
  });
}

it('a drain waits for a claimed generation that is about to be sent', async () => {
  const { accountId, secret } = await app.givenCustomer(10);
  const post = () =>
    fetch(`${app.url}/v1/images/generations`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${secret}`,
        'content-type': 'application/json',
        'x-easel-no-join': '1',
      },
      body: JSON.stringify({ model: 'gpt-image-2', prompt: 'a lock', size: '1024x1024' }),
    });
  const statuses = () =>
    app.database.query('SELECT status FROM generations WHERE account_id = $1', [accountId]);
  const reached = holdUpClaims(1_000);
  const release = stub.hold();
  const first = post();
  await until(() => stub.inFlight === 1);
  const leaving = new AbortController();
  // Nobody waits for the second one: only the claim itself keeps the process.
  void fetch(`${app.url}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-image-2', prompt: 'a sluice', size: '1024x1024' }),
    signal: leaving.signal,
  }).catch(() => undefined);
  await until(async () => (await statuses()).length === 2);
  leaving.abort();
  release();
  expect((await first).status).toBe(200);
  await reached;

  expect(await app.app.get(DrainService).drain(GRACE_MS)).toBe(true);

  expect(await statuses()).toEqual([{ status: 'succeeded' }, { status: 'succeeded' }]);
});
