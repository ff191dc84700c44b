import { startApp, stubUpstream, type TestApp } from '../support/app.js';
import {
  type BehaviourName,
  startUpstreamStub,
  type UpstreamStub,
} from '../support/upstream-stub/upstream-stub.mjs';

const PICTURE = { prompt: 'a lighthouse', model: 'gpt-image-2', size: '1024x1024' };

describe('failover', () => {
  let first: UpstreamStub;
  let second: UpstreamStub;
  let pair: TestApp;

  beforeAll(async () => {
    [first, second] = [await startUpstreamStub(), await startUpstreamStub()];
    pair = await startApp({
      upstreams: [
        stubUpstream(first.baseUrl, { name: 'first', priority: 20 }),
        stubUpstream(second.baseUrl, { name: 'second', priority: 10 }),
      ],
    });
  });

  afterAll(async () => {
    await pair?.stop();
    await first?.close();
    await second?.close();
  });

  beforeEach(() => {
    first.reset();
    second.reset();
  });

  const ask = (secret: string) =>
    fetch(`${pair.url}/v1/images/generations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(PICTURE),
    });

  it.each<[BehaviourName, number, number]>([
    ['status-500', 200, 1],
    ['not-an-image', 200, 1],
    ['status-400', 200, 1],
    // Final, or perhaps billed already: nobody else is asked.
    ['refused', 400, 0],
    ['reset-mid-body', 502, 0],
  ])(
    'after %s answers %d with %d calls to the second upstream',
    async (behaviour, status, calls) => {
      const { accountId, secret } = await pair.givenCustomer(10);
      first.next(behaviour);

      const answer = await ask(secret);

      expect(answer.status).toBe(status);
      expect([first.calls.length, second.calls.length]).toEqual([1, calls]);
      const states = await pair.database.query<{ upstream: string; state: string }>(
        `SELECT upstream, state FROM attempts JOIN generations g ON g.id = generation_id
        WHERE g.account_id = $1 ORDER BY ordinal`,
        [accountId],
      );
      expect(states.map(({ upstream }) => upstream)).toEqual(
        ['first', 'second'].slice(0, 1 + calls),
      );
      expect(await pair.balanceOf(accountId)).toEqual({
        available: status === 200 ? 8 : 10,
        held: 0,
      });
      expect((await pair.checkLedger()).violations).toEqual([]);
    },
  );
});
