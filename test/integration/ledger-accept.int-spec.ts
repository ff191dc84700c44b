import { newId } from '../../src/common/ids.js';
import type { Caps } from '../../src/relay/generation.js';
import { asset, command, item, settlement } from '../support/ledger-node.js';
import { LedgerRig } from '../support/ledger-rig.js';

let rig: LedgerRig;

beforeAll(async () => void (rig = await LedgerRig.start()));
afterAll(() => rig?.stop());
afterEach(async () => {
  expect(await rig.check()).toMatchObject({ ok: true, violations: [] });
});

function caps(key: Partial<Caps['key']>): Caps {
  const none = {
    concurrency: null,
    imagesPerDay: null,
    creditsPerDay: null,
    creditsPerMonth: null,
  };
  return { account: none, key: { ...none, ...key } };
}

const verdictsOf = (answers: { verdict: string }[]) => answers.map(({ verdict }) => verdict).sort();

describe('accept', () => {
  it('lets exactly as many through as the balance pays for, over two nodes', async () => {
    const { accountId, keyId } = await rig.givenAccount(20);

    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, i) => rig.store(i).accept(item(command(accountId, keyId), 2))),
    );

    const counts = verdictsOf(answers);
    expect(counts.filter((verdict) => verdict === 'ok')).toHaveLength(10);
    expect(counts.filter((verdict) => verdict === 'balance')).toHaveLength(54);
    expect(await rig.balance(accountId)).toEqual([0, 20]);
  });

  it('reads a concurrency limit only behind the lock: never a fourth, over two nodes', async () => {
    const { accountId, keyId } = await rig.givenAccount(100);
    const limited = command(accountId, keyId, { caps: caps({ concurrency: 3 }) });

    const answers = await Promise.all(
      Array.from({ length: 32 }, (_, i) => rig.store(i).accept(item(limited, 1))),
    );

    expect(answers.filter(({ verdict }) => verdict === 'ok')).toHaveLength(3);
    expect(answers.filter(({ verdict }) => verdict === 'concurrency')).toHaveLength(29);
    expect(answers.find(({ verdict }) => verdict === 'concurrency')?.scope).toBe('key');
  });

  it('refuses an edit whose image was deleted since it was found, and moves nothing', async () => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const gone = { role: 'image', assetId: newId() };
    const request = { ...command(accountId, keyId).request, operation: 'edit', inputs: [gone] };
    const edit = item(command(accountId, keyId, { request } as object), 2);

    await expect(rig.store().accept(edit)).rejects.toMatchObject({ code: 'image_removed' });
    expect(await rig.balance(accountId)).toEqual([10, 0]);
  });

  it('counts images in flight against the daily limit and frees what was not delivered', async () => {
    const { accountId, keyId } = await rig.givenAccount(100);
    const request = { ...command(accountId, keyId).request, count: 2 };
    const limited = command(accountId, keyId, { request, caps: caps({ imagesPerDay: 3 }) });
    const first = item(limited, 4);

    expect((await rig.store().accept(first)).verdict).toBe('ok');
    expect((await rig.store().accept(item(limited, 4))).verdict).toBe('images_day');
    await rig.store().settle(settlement(first, [asset(0, 2)]));
    expect((await rig.store().accept(item(limited, 4))).verdict).toBe('ok');
    expect((await rig.store().accept(item(limited, 4))).verdict).toBe('images_day');
  });

  it('starts a new day with a clean count', async () => {
    const { accountId, keyId } = await rig.givenAccount(100);
    const limited = command(accountId, keyId, { caps: caps({ creditsPerDay: 2000n }) });
    const first = item(limited, 2);
    await rig.store().accept(first);
    await rig.store().settle(settlement(first, [asset(0, 2)]));
    expect((await rig.store().accept(item(limited, 2))).verdict).toBe('credits_day');

    await rig.database.query(`UPDATE key_counters SET day = day - 1 WHERE key_id = $1`, [keyId]);

    expect((await rig.store().accept(item(limited, 2))).verdict).toBe('ok');
  });

  it('answers an unknown commit by being asked again: the same id holds once', async () => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const asked = item(command(accountId, keyId), 4);

    expect(verdictsOf([await rig.store().accept(asked), await rig.store().accept(asked)])).toEqual([
      'ok',
      'ok',
    ]);
    expect(await rig.balance(accountId)).toEqual([6, 4]);
  });

  it('binds an Idempotency-Key once under 32 parallel requests and refuses another body', async () => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const bound = command(accountId, keyId, { idempotencyKey: 'order-1' });

    const answers = await Promise.all(
      Array.from({ length: 32 }, (_, i) => rig.store(i).accept(item(bound, 2))),
    );
    const other = await rig.store().accept(item({ ...bound, fingerprint: Buffer.alloc(32) }, 2));

    expect(answers.filter(({ verdict }) => verdict === 'ok')).toHaveLength(1);
    expect(new Set(answers.map(({ generationId }) => generationId)).size).toBe(1);
    expect(other.verdict).toBe('key_reused');
    expect(await rig.balance(accountId)).toEqual([8, 2]);
  });

  it('lets an expired Idempotency-Key be used again', async () => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const bound = command(accountId, keyId, { idempotencyKey: 'order-2' });
    await rig.store().accept(item(bound, 2));
    await rig.database.query(
      `UPDATE idempotency_keys SET expires_at = now() WHERE account_id = $1`,
      [accountId],
    );

    expect((await rig.store().accept(item(bound, 2))).verdict).toBe('ok');
  });

  it.each([
    ['key_revoked', `UPDATE api_keys SET revoked_at = now() WHERE account_id = $1`],
    ['key_revoked', `UPDATE api_keys SET expires_at = now() WHERE account_id = $1`],
    ['account_suspended', `UPDATE accounts SET status = 'suspended' WHERE id = $1`],
  ])('refuses with %s at once', async (verdict, change) => {
    const { accountId, keyId } = await rig.givenAccount(10);
    await rig.database.query(change, [accountId]);

    expect((await rig.store().accept(item(command(accountId, keyId), 2))).verdict).toBe(verdict);
    expect(await rig.balance(accountId)).toEqual([10, 0]);
  });

  it("refuses another account's key", async () => {
    const { accountId } = await rig.givenAccount(10);
    const { keyId } = await rig.givenAccount(0);

    expect((await rig.store().accept(item(command(accountId, keyId), 2))).verdict).toBe(
      'key_revoked',
    );
  });

  it('takes prices of a superseded catalog for five seconds and no longer', async () => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const asked = () => rig.store().accept(item(command(accountId, keyId), 2));
    try {
      await rig.database.query(
        `UPDATE catalog_versions SET superseded_at = clock_timestamp() - interval '3 s'`,
      );
      expect((await asked()).verdict).toBe('ok');
      await rig.database.query(
        `UPDATE catalog_versions SET superseded_at = clock_timestamp() - interval '6 s'`,
      );
      expect((await asked()).verdict).toBe('catalog_superseded');
    } finally {
      await rig.database.query(`UPDATE catalog_versions SET superseded_at = NULL`);
    }
  });

  it('moves nothing for test generations and counts them on their key alone', async () => {
    const { accountId, keyId } = await rig.givenAccount(0);

    const answer = await rig.store().accept(item(command(accountId, keyId), 0, { mode: 'test' }));

    expect(answer.verdict).toBe('ok');
    expect(
      await rig.database.query(`SELECT in_flight FROM account_counters WHERE account_id = $1`, [
        accountId,
      ]),
    ).toEqual([{ in_flight: 0 }]);
    expect(
      await rig.database.query(`SELECT 1 FROM credit_holds WHERE account_id = $1`, [accountId]),
    ).toEqual([]);
  });
});
