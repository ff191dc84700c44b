import { newId } from '../../src/common/ids.js';
import { Database, DatabaseUnavailableError } from '../../src/database/index.js';
import type { AcceptAnswer, AcceptItem } from '../../src/relay/generation-items.js';
import { JoiningRig, type Leased, PRICE, print } from '../support/joining-rig.js';

let rig: JoiningRig;

beforeAll(async () => void (rig = await JoiningRig.start()));
afterAll(() => rig?.ledger.stop());
beforeEach(async () => void (rig.caller = await rig.ledger.givenAccount(100)));
afterEach(async () => {
  expect(await rig.ledger.check()).toMatchObject({ ok: true, violations: [] });
});

describe('a repeat without a key', () => {
  it.each([
    ['while it runs', async () => undefined],
    ['after it succeeded', async (first: Leased) => void (await rig.deliver(first))],
  ])('joins the generation whose answer was lost, %s', async (_when, meanwhile) => {
    const body = print();
    const first = await rig.accepted(rig.request(body));
    await rig.lose(first);
    await meanwhile(first);
    expect(await rig.accept(rig.request(body))).toMatchObject({
      verdict: 'joined',
      generationId: first.id,
    });
    if ((await rig.balance())[1] > 0) await rig.deliver(first);
    expect(await rig.balance()).toEqual([98, 0]);
  });

  it('is a request of its own while the first answer is not lost', async () => {
    const body = print();
    const first = await rig.accepted(rig.request(body));
    const second = await rig.accepted(rig.request(body));
    await rig.deliver(first);
    await rig.deliver(second);
    await rig.deliver(await rig.accepted(rig.request(body)));
    expect(await rig.balance()).toEqual([94, 0]);
  });

  it('joins one at a time: of 16 at once, over two nodes, one', async () => {
    const body = print();
    const first = await rig.accepted(rig.request(body));
    await rig.lose(first);
    const repeats = Array.from({ length: 16 }, () => rig.request(body));
    const answers = await Promise.all(repeats.map((asked, i) => rig.accept(asked, i)));
    const verdicts = answers.map(({ verdict }) => verdict).sort();
    expect(verdicts).toEqual(['joined', ...Array<string>(15).fill('ok')]);
    const joined = answers.find(({ verdict }) => verdict === 'joined');
    expect(joined?.generationId).toBe(first.id);
  });

  it('gets a generation each when two equal answers were lost, the oldest first', async () => {
    const body = print();
    const [first, second] = [
      await rig.accepted(rig.request(body)),
      await rig.accepted(rig.request(body)),
    ];
    await rig.lose(second);
    await rig.lose(first);
    const answers = [await rig.accept(rig.request(body)), await rig.accept(rig.request(body))];
    expect(answers.map(({ generationId }) => generationId)).toEqual([first.id, second.id]);
  });

  it('may be lost in its turn, and a late word about the first changes nothing', async () => {
    const body = print();
    const first = await rig.accepted(rig.request(body));
    await rig.lose(first);
    const second = rig.request(body);
    await rig.accept(second);
    await rig.lose(first);
    expect(await rig.stateOf(first.id)).toMatchObject({ undelivered: false });
    await rig.lose({ id: first.id, delivery: second.delivery });
    expect(await rig.accept(rig.request(body))).toMatchObject({ generationId: first.id });
  });

  it('asked twice because the first verdict was lost joins the same, once', async () => {
    const body = print();
    const first = await rig.accepted(rig.request(body));
    await rig.lose(first);
    const again = await askAgain(rig.request(body));
    expect(again).toMatchObject({ verdict: 'joined', generationId: first.id });
    expect((await rig.balance())[1]).toBe(PRICE);
  });

  /** The first verdict is lost on its way back. */
  async function askAgain(repeat: AcceptItem): Promise<AcceptAnswer> {
    const database = rig.ledger.nodes[0].get(Database);
    const real = database.query.bind(database);
    let failures = 1;
    database.query = async (sql) => {
      const rows = await real(sql);
      if (failures-- > 0) throw new DatabaseUnavailableError(new Error('cut'));
      return rows as never;
    };
    try {
      return await rig.accept(repeat);
    } finally {
      database.query = real;
    }
  }

  describe('joins nothing', () => {
    async function lost(): Promise<{ first: Leased; body: Buffer }> {
      const body = print();
      const first = await rig.accepted(rig.request(body));
      await rig.lose(first);
      return { first, body };
    }

    it('of another API key, also of the same account', async () => {
      const { body } = await lost();
      const keyId = newId();
      await rig.ledger.database.query(
        `INSERT INTO api_keys (id, account_id, name, prefix, secret_hash)
         VALUES ($1, $2, 'k', 'sk', sha256($3::bytea))`,
        [keyId, rig.caller.accountId, Buffer.from(keyId)],
      );
      await rig.accepted(rig.request(body, { apiKeyId: keyId }));
    });

    it('with another body', async () => {
      await lost();
      await rig.accepted(rig.request(print()));
    });

    it('that failed', async () => {
      const { first, body } = await lost();
      await rig.fail(first);
      await rig.accepted(rig.request(body));
    });

    it('that was canceled', async () => {
      const body = print();
      const pending = rig.request(body);
      await rig.queued(pending);
      await rig.lose(pending);
      expect(await rig.ledger.store().cancel(pending.id, rig.caller.accountId)).toBe('canceled');
      await rig.accepted(rig.request(body));
    });

    it('whose pictures were deleted', async () => {
      const { first, body } = await lost();
      await rig.deliver(first);
      await rig.ledger.database.query('SELECT relay_delete_images($1, $2)', [
        first.id,
        rig.caller.accountId,
      ]);
      await rig.accepted(rig.request(body));
    });

    it('older than a quarter of an hour', async () => {
      const { first, body } = await lost();
      await rig.ledger.database.query(
        `UPDATE generations SET created_at = now() - interval '15 min 1 s' WHERE id = $1`,
        [first.id],
      );
      await rig.accepted(rig.request(body));
    });

    it('when it says so', async () => {
      const { body } = await lost();
      await rig.accepted(rig.request(body, { delivery: { mayJoin: false, waits: true } }));
    });

    it('when it has an Idempotency-Key, or the first one had', async () => {
      const { body } = await lost();
      await rig.accepted(rig.request(body, { idempotencyKey: 'mine' }));
      const other = print();
      const keyed = await rig.accepted(rig.request(other, { idempotencyKey: 'other' }));
      await rig.lose({ id: keyed.id, delivery: 0 });
      await rig.accepted(rig.request(other));
    });

    it('with a revoked key', async () => {
      const { body } = await lost();
      await rig.ledger.database.query('UPDATE api_keys SET revoked_at = now() WHERE id = $1', [
        rig.caller.keyId,
      ]);
      expect(await rig.accept(rig.request(body))).toMatchObject({ verdict: 'key_revoked' });
    });
  });

  it('joins even when nothing new could be paid or started', async () => {
    const poor = await rig.ledger.givenAccount(PRICE);
    rig.caller = poor;
    const body = print();
    const first = await rig.accepted(rig.request(body));
    await rig.lose(first);
    expect(await rig.accept(rig.request(body))).toMatchObject({ verdict: 'joined' });
    expect(await rig.accept(rig.request(body))).toMatchObject({ verdict: 'balance' });
  });
});

describe('recall, for what cannot be accepted anew', () => {
  it('finds what a key or a lost answer leads to, and makes nothing', async () => {
    const body = print();
    const keyed = await rig.accepted(rig.request(body, { idempotencyKey: 'k' }));
    const first = await rig.accepted(rig.request(body));
    await rig.lose(first);
    const recall = (asked: AcceptItem) => rig.ledger.store().recall(asked);
    expect(await recall(rig.request(body, { idempotencyKey: 'k' }))).toEqual({
      verdict: 'duplicate',
      generationId: keyed.id,
    });
    expect(await recall(rig.request(print(), { idempotencyKey: 'k' }))).toMatchObject({
      verdict: 'key_reused',
    });
    expect(await recall(rig.request(body))).toEqual({ verdict: 'joined', generationId: first.id });
    expect(await recall(rig.request(body))).toMatchObject({ verdict: null });
    expect((await rig.balance())[1]).toBe(2 * PRICE);
  });
});
