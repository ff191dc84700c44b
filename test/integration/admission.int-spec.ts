import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TestingModule } from '@nestjs/testing';
import { PlansService } from '../../src/accounts/index.js';
import { AdmissionService } from '../../src/admission/index.js';
import { type Caller, KeyAuthenticator, type KeyDraft } from '../../src/api-keys/index.js';
import { countQueries, givenAccount, givenKey, startAccessNode } from '../support/access-node.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

describe('admission', () => {
  let database: TestDatabase;
  let nodes: TestingModule[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  beforeEach(async () => {
    nodes = await Promise.all([startAccessNode(database), startAccessNode(database)]);
  });

  afterEach(async () => {
    await nodes[0].get(PlansService).set('free', {});
    await Promise.all(nodes.map((node) => node.close()));
  });

  afterAll(() => database?.drop());

  async function givenCaller(draft: Partial<KeyDraft> = {}, accountId?: string): Promise<Caller> {
    const owner = accountId ?? (await givenAccount(nodes[0])).id;
    const { secret } = await givenKey(nodes[0], owner, draft);
    return nodes[0].get(KeyAuthenticator).authenticate(secret, '127.0.0.1');
  }

  /** Requests in parallel, spread over the nodes. */
  async function admitMany(
    caller: Caller,
    count: number,
  ): Promise<{ ok: number; refused: unknown[] }> {
    const outcomes = await Promise.allSettled(
      Array.from({ length: count }, (_, i) => {
        return nodes[i % nodes.length].get(AdmissionService).admit(caller);
      }),
    );
    const refused = outcomes.flatMap((o) => (o.status === 'rejected' ? [o.reason as unknown] : []));
    return { ok: count - refused.length, refused };
  }

  it('64 parallel requests on a limit of 10: exactly 10 pass, over two nodes', async () => {
    const caller = await givenCaller({ limits: { requestsPerMinute: 10 } });

    const { ok, refused } = await admitMany(caller, 64);

    expect(ok).toBe(10);
    for (const error of refused) {
      expect(error).toMatchObject({
        code: 'rate_limit_exceeded',
        isRetryable: true,
        facts: { param: 'requests_per_minute', retryAfterSeconds: expect.any(Number) },
        rate: { limit: 10, remaining: 0 },
      });
    }
  });

  it('says how much is left and when the minute is over', async () => {
    const caller = await givenCaller({ limits: { requestsPerMinute: 3 } });
    const admission = nodes[1].get(AdmissionService);

    expect(await admission.admit(caller)).toMatchObject({ limit: 3, remaining: 2 });
    expect(await nodes[0].get(AdmissionService).admit(caller)).toMatchObject({ remaining: 1 });
    const last = await admission.admit(caller);

    expect(last).toMatchObject({ remaining: 0 });
    expect(last?.resetMs).toBeGreaterThan(55_000);
    expect(last?.resetMs).toBeLessThanOrEqual(60_000);
  });

  it('admits again when the minute is over', async () => {
    const caller = await givenCaller({ limits: { requestsPerMinute: 1 } });
    await nodes[0].get(AdmissionService).admit(caller);
    await expect(nodes[1].get(AdmissionService).admit(caller)).rejects.toThrow();

    await database.query('UPDATE rate_limits SET expire = $1', [Date.now() - 1]);
    const fresh = await startAccessNode(database);
    nodes.push(fresh);

    expect(await fresh.get(AdmissionService).admit(caller)).toMatchObject({ remaining: 0 });
  });

  it('the limit of the plan counts all keys of the account together', async () => {
    await nodes[0].get(PlansService).set('free', { requestsPerMinute: 5 });
    await nodes[1].get(PlansService).set('free', { requestsPerMinute: 5 });
    const one = await givenCaller();
    const two = await givenCaller({}, one.accountId);
    const stranger = await givenCaller();

    const results = await Promise.all([admitMany(one, 4), admitMany(two, 4)]);

    expect(results[0].ok + results[1].ok).toBe(5);
    expect(results.flatMap(({ refused }) => refused)[0]).toMatchObject({
      message: 'This account is limited to 5 requests per minute.',
    });
    expect((await admitMany(stranger, 1)).ok).toBe(1);
  });

  it('what a key may not do does not use up its account', async () => {
    await nodes[0].get(PlansService).set('free', { requestsPerMinute: 5 });
    const flooding = await givenCaller({ limits: { requestsPerMinute: 1 } });
    const calm = await givenCaller({}, flooding.accountId);
    const admission = nodes[0].get(AdmissionService);

    await Promise.allSettled(Array.from({ length: 20 }, () => admission.admit(flooding)));

    expect(await admission.admit(calm)).toMatchObject({ limit: 5, remaining: 3 });
  });

  it('reports the narrower of the two limits', async () => {
    await nodes[0].get(PlansService).set('free', { requestsPerMinute: 2 });
    const wide = await givenCaller({ limits: { requestsPerMinute: 100 } });
    const narrow = await givenCaller({ limits: { requestsPerMinute: 1 } });
    const admission = nodes[0].get(AdmissionService);

    expect(await admission.admit(wide)).toMatchObject({ limit: 2, remaining: 1 });
    expect(await admission.admit(narrow)).toMatchObject({ limit: 1, remaining: 0 });
  });

  it('asks no database without a limit, nor to refuse again', async () => {
    const free = await givenCaller();
    const limited = await givenCaller({ limits: { requestsPerMinute: 1 } });
    const admission = nodes[0].get(AdmissionService);
    await admission.admit(limited);
    const queries = countQueries(nodes[0]);

    expect(await admission.admit(free)).toBeNull();
    for (let i = 0; i < 50; i += 1) await expect(admission.admit(limited)).rejects.toThrow();

    expect(queries()).toBe(0);
  });
});
