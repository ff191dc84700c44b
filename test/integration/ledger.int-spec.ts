import type { TestingModule } from '@nestjs/testing';
import { newId } from '../../src/common/ids.js';
import { CreditsService, LedgerCheck } from '../../src/credits/index.js';
import { UnitOfWork } from '../../src/database/index.js';
import type { Caps } from '../../src/relay/generation.js';
import { GenerationStore } from '../../src/relay/generation-store.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import {
  asset,
  command,
  item,
  settlement,
  startLedgerNode,
  WORKER,
} from '../support/ledger-node.js';

let database: TestDatabase;
let nodes: TestingModule[];
let store: GenerationStore;
let credits: CreditsService;

beforeAll(async () => {
  database = await createTestDatabase();
  nodes = [await startLedgerNode(database), await startLedgerNode(database)];
  store = nodes[0].get(GenerationStore);
  credits = nodes[0].get(CreditsService);
  await database.query(
    `INSERT INTO catalog_versions (version, document, source) VALUES (1, '{}', 'test')`,
  );
  await database.query(
    `INSERT INTO workers (id, name, role, lease_until) VALUES ($1, 'w', 'all', now() + interval '1 h')`,
    [WORKER],
  );
});

afterAll(async () => {
  for (const node of nodes ?? []) await node.close();
  await database?.drop();
});

afterEach(async () => {
  expect(await nodes[0].get(LedgerCheck).run()).toMatchObject({ ok: true, violations: [] });
});

async function givenAccount(amount: number): Promise<{ accountId: string; keyId: string }> {
  const [accountId, keyId] = [newId(), newId()];
  await database.query(`INSERT INTO accounts (id, email) VALUES ($1, $2)`, [
    accountId,
    `${accountId}@x`,
  ]);
  await database.query(
    `INSERT INTO api_keys (id, account_id, name, prefix, secret_hash)
     VALUES ($1, $2, 'k', 'sk', sha256($3::bytea))`,
    [keyId, accountId, Buffer.from(keyId)],
  );
  await nodes[0].get(UnitOfWork).run(async (tx) => {
    await credits.openAccount(tx, accountId);
    if (amount > 0) {
      await credits.grant(tx, {
        accountId,
        amount: BigInt(amount * 1000),
        kind: 'gift',
        reason: null,
        reference: null,
      });
    }
  });
  return { accountId, keyId };
}

async function balance(accountId: string): Promise<[number, number]> {
  const { available, held } = await credits.balance(accountId);
  return [Number(available) / 1000, Number(held) / 1000];
}

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
    const { accountId, keyId } = await givenAccount(20);

    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, i) =>
        nodes[i % 2].get(GenerationStore).accept(item(command(accountId, keyId), 2)),
      ),
    );

    const counts = verdictsOf(answers);
    expect(counts.filter((verdict) => verdict === 'ok')).toHaveLength(10);
    expect(counts.filter((verdict) => verdict === 'balance')).toHaveLength(54);
    expect(await balance(accountId)).toEqual([0, 20]);
  });

  it('reads a concurrency limit only behind the lock: never a fourth, over two nodes', async () => {
    const { accountId, keyId } = await givenAccount(100);
    const limited = command(accountId, keyId, { caps: caps({ concurrency: 3 }) });

    const answers = await Promise.all(
      Array.from({ length: 32 }, (_, i) =>
        nodes[i % 2].get(GenerationStore).accept(item(limited, 1)),
      ),
    );

    expect(answers.filter(({ verdict }) => verdict === 'ok')).toHaveLength(3);
    expect(answers.filter(({ verdict }) => verdict === 'concurrency')).toHaveLength(29);
    expect(answers.find(({ verdict }) => verdict === 'concurrency')?.scope).toBe('key');
  });

  it('counts images in flight against the daily limit and frees what was not delivered', async () => {
    const { accountId, keyId } = await givenAccount(100);
    const request = { ...command(accountId, keyId).request, count: 2 };
    const limited = command(accountId, keyId, { request, caps: caps({ imagesPerDay: 3 }) });
    const first = item(limited, 4);

    expect((await store.accept(first)).verdict).toBe('ok');
    expect((await store.accept(item(limited, 4))).verdict).toBe('images_day');
    await store.settle(settlement(first, [asset(0, 2)]));
    expect((await store.accept(item(limited, 4))).verdict).toBe('ok');
    expect((await store.accept(item(limited, 4))).verdict).toBe('images_day');
  });

  it('starts a new day with a clean count', async () => {
    const { accountId, keyId } = await givenAccount(100);
    const limited = command(accountId, keyId, { caps: caps({ creditsPerDay: 2000n }) });
    const first = item(limited, 2);
    await store.accept(first);
    await store.settle(settlement(first, [asset(0, 2)]));
    expect((await store.accept(item(limited, 2))).verdict).toBe('credits_day');

    await database.query(`UPDATE key_counters SET day = day - 1 WHERE key_id = $1`, [keyId]);

    expect((await store.accept(item(limited, 2))).verdict).toBe('ok');
  });

  it('answers an unknown commit by being asked again: the same id holds once', async () => {
    const { accountId, keyId } = await givenAccount(10);
    const asked = item(command(accountId, keyId), 4);

    expect(verdictsOf([await store.accept(asked), await store.accept(asked)])).toEqual([
      'ok',
      'ok',
    ]);
    expect(await balance(accountId)).toEqual([6, 4]);
  });

  it('binds an Idempotency-Key once under 32 parallel requests and refuses another body', async () => {
    const { accountId, keyId } = await givenAccount(10);
    const bound = command(accountId, keyId, { idempotencyKey: 'order-1' });

    const answers = await Promise.all(
      Array.from({ length: 32 }, (_, i) =>
        nodes[i % 2].get(GenerationStore).accept(item(bound, 2)),
      ),
    );
    const other = await store.accept(item({ ...bound, fingerprint: Buffer.alloc(32) }, 2));

    expect(answers.filter(({ verdict }) => verdict === 'ok')).toHaveLength(1);
    expect(new Set(answers.map(({ generationId }) => generationId)).size).toBe(1);
    expect(other.verdict).toBe('key_reused');
    expect(await balance(accountId)).toEqual([8, 2]);
  });

  it('lets an expired Idempotency-Key be used again', async () => {
    const { accountId, keyId } = await givenAccount(10);
    const bound = command(accountId, keyId, { idempotencyKey: 'order-2' });
    await store.accept(item(bound, 2));
    await database.query(`UPDATE idempotency_keys SET expires_at = now() WHERE account_id = $1`, [
      accountId,
    ]);

    expect((await store.accept(item(bound, 2))).verdict).toBe('ok');
  });

  it.each([
    ['key_revoked', `UPDATE api_keys SET revoked_at = now() WHERE account_id = $1`],
    ['key_revoked', `UPDATE api_keys SET expires_at = now() WHERE account_id = $1`],
    ['account_suspended', `UPDATE accounts SET status = 'suspended' WHERE id = $1`],
  ])('refuses with %s at once', async (verdict, change) => {
    const { accountId, keyId } = await givenAccount(10);
    await database.query(change, [accountId]);

    expect((await store.accept(item(command(accountId, keyId), 2))).verdict).toBe(verdict);
    expect(await balance(accountId)).toEqual([10, 0]);
  });

  it("refuses another account's key", async () => {
    const { accountId } = await givenAccount(10);
    const { keyId } = await givenAccount(0);

    expect((await store.accept(item(command(accountId, keyId), 2))).verdict).toBe('key_revoked');
  });

  it('takes prices of a superseded catalog for five seconds and no longer', async () => {
    const { accountId, keyId } = await givenAccount(10);
    const asked = () => store.accept(item(command(accountId, keyId), 2));
    try {
      await database.query(
        `UPDATE catalog_versions SET superseded_at = clock_timestamp() - interval '3 s'`,
      );
      expect((await asked()).verdict).toBe('ok');
      await database.query(
        `UPDATE catalog_versions SET superseded_at = clock_timestamp() - interval '6 s'`,
      );
      expect((await asked()).verdict).toBe('catalog_superseded');
    } finally {
      await database.query(`UPDATE catalog_versions SET superseded_at = NULL`);
    }
  });

  it('moves nothing for test generations and counts them on their key alone', async () => {
    const { accountId, keyId } = await givenAccount(0);

    const answer = await store.accept(item(command(accountId, keyId), 0, { mode: 'test' }));

    expect(answer.verdict).toBe('ok');
    expect(
      await database.query(`SELECT in_flight FROM account_counters WHERE account_id = $1`, [
        accountId,
      ]),
    ).toEqual([{ in_flight: 0 }]);
    expect(
      await database.query(`SELECT 1 FROM credit_holds WHERE account_id = $1`, [accountId]),
    ).toEqual([]);
  });
});

describe('settle', () => {
  it('captures what was delivered and releases the rest', async () => {
    const { accountId, keyId } = await givenAccount(10);
    const request = { ...command(accountId, keyId).request, count: 4 };
    const asked = item(command(accountId, keyId, { request }), 8);
    await store.accept(asked);

    await store.settle(settlement(asked, [asset(0, 2), asset(1, 2), asset(3, 1)]));

    expect(await balance(accountId)).toEqual([5, 0]);
    const kinds = await database.query<{ kind: string }>(
      `SELECT kind FROM credit_entries WHERE account_id = $1 ORDER BY seq`,
      [accountId],
    );
    expect(kinds.map(({ kind }) => kind)).toEqual(['grant', 'hold', 'capture', 'release']);
  });

  it('settles once, however often and from however many nodes it is asked', async () => {
    const { accountId, keyId } = await givenAccount(10);
    const asked = item(command(accountId, keyId), 2);
    await store.accept(asked);
    const settling = settlement(asked, [asset(0, 2)]);

    const verdicts = await Promise.all(
      Array.from({ length: 16 }, (_, i) => nodes[i % 2].get(GenerationStore).settle(settling)),
    );

    expect(new Set(verdicts)).toEqual(new Set(['ok']));
    expect(await balance(accountId)).toEqual([8, 0]);
  });

  it('changes nothing for a worker that was replaced, before and after the end', async () => {
    const { accountId, keyId } = await givenAccount(10);
    const asked = item(command(accountId, keyId), 2);
    await store.accept(asked);
    const stale = { token: newId() };

    expect(await store.settle(settlement(asked, [asset(0, 2)], stale))).toBe('fenced');
    expect(await balance(accountId)).toEqual([8, 2]);
    await store.settle(settlement(asked, []));
    expect(await store.settle(settlement(asked, [asset(0, 2)], stale))).toBe('fenced');
    expect(await balance(accountId)).toEqual([10, 0]);
  });

  it('refuses to succeed without a picture, and the hold stays', async () => {
    const { accountId, keyId } = await givenAccount(10);
    const asked = item(command(accountId, keyId), 2);
    await store.accept(asked);

    await expect(store.settle(settlement(asked, [], { status: 'succeeded' }))).rejects.toThrow(
      'cannot succeed without an image',
    );
    expect(await balance(accountId)).toEqual([8, 2]);
    await store.settle(settlement(asked, []));
  });

  it('never captures more than was held', async () => {
    const { accountId, keyId } = await givenAccount(10);
    const asked = item(command(accountId, keyId), 2);
    await store.accept(asked);

    await expect(store.settle(settlement(asked, [asset(0, 3)]))).rejects.toThrow('cannot capture');
    expect(await balance(accountId)).toEqual([8, 2]);
    await store.settle(settlement(asked, []));
  });

  it('settles images recorded on the way even when the worker calls it a failure', async () => {
    const { accountId, keyId } = await givenAccount(10);
    const request = { ...command(accountId, keyId).request, count: 2 };
    const asked = item(command(accountId, keyId, { request }), 4);
    await store.accept(asked);
    expect(await store.recordImage(asked.id, asked.lease.token, asset(0, 2))).toBe(true);
    expect(await store.recordImage(asked.id, newId(), asset(1, 2))).toBe(false);

    await store.settle(settlement(asked, []));

    expect(await balance(accountId)).toEqual([8, 0]);
    expect(
      await database.query(`SELECT status, images FROM generations WHERE id = $1`, [asked.id]),
    ).toEqual([{ status: 'succeeded', images: 1 }]);
  });

  it('frees the Idempotency-Key of a failure that is safe to retry, and of no other', async () => {
    const { accountId, keyId } = await givenAccount(10);
    const bound = command(accountId, keyId, { idempotencyKey: 'again' });
    const first = item(bound, 2);
    await store.accept(first);
    const failure = settlement(first, []);
    await store.settle({ ...failure, error: { ...failure.error!, retryable: true } });
    const second = item(bound, 2);
    expect((await store.accept(second)).verdict).toBe('ok');

    await store.settle(settlement(second, []));

    expect(await store.accept(item(bound, 2))).toMatchObject({
      verdict: 'duplicate',
      generationId: second.id,
    });
  });
});

describe('claim', () => {
  it('hands pending work to one worker each, first of every account first', async () => {
    const [long, short] = [await givenAccount(100), await givenAccount(100)];
    const pending = (of: typeof long) =>
      item(command(of.accountId, of.keyId), 1, { lease: null } as never);
    const queue = [pending(long), pending(long), pending(long), pending(short)];
    for (const one of queue) await store.accept(one);

    const taken = await store.claim(WORKER, 2, false);
    const rest = await Promise.all(
      nodes.map((node) => node.get(GenerationStore).claim(WORKER, 9, false)),
    );

    expect(taken.map(({ id }) => id).sort()).toEqual([queue[0].id, queue[3].id].sort());
    expect(
      rest
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([queue[1].id, queue[2].id].sort());
    await endAll();
  });

  it('takes over what a dead worker held, and the dead one changes nothing any more', async () => {
    const { accountId, keyId } = await givenAccount(10);
    const dead = newId();
    const asked = item(command(accountId, keyId), 2, { workerId: dead });
    await store.accept(asked);
    await database.query(
      `INSERT INTO workers (id, name, role, lease_until) VALUES ($1, 'd', 'all', now() + interval '1 h')`,
      [dead],
    );
    expect(await store.claim(WORKER, 9, true)).toEqual([]);
    await database.query(`UPDATE workers SET lease_until = now() - interval '1 s' WHERE id = $1`, [
      dead,
    ]);
    expect(await store.claim(WORKER, 9, false)).toEqual([]);

    expect(await store.claim(WORKER, 9, true)).toEqual([{ id: asked.id, abandoned: true }]);

    expect(await store.settle(settlement(asked, [asset(0, 2)]))).toBe('fenced');
    expect(
      await database.query(`SELECT state FROM attempts WHERE generation_id = $1`, [asked.id]),
    ).toEqual([{ state: 'unknown' }]);
    await endAll();
    expect(await balance(accountId)).toEqual([10, 0]);
  });

  async function endAll(): Promise<void> {
    const open = await database.query<{ id: string; account_id: string; lease_token: string }>(
      `SELECT id, account_id, lease_token FROM generations WHERE status = 'processing'`,
    );
    for (const { id, account_id: accountId, lease_token: token } of open) {
      await store.settle({
        ...settlement(item(command(accountId, null), 0), []),
        id,
        accountId,
        token,
      });
    }
  }
});

describe('the journal', () => {
  it('cannot be changed: not by the application role, not by its owner', async () => {
    await givenAccount(5);
    const asRole = `SET ROLE easel_app`;
    for (const statement of [
      'UPDATE credit_entries SET available_delta = 1',
      'DELETE FROM credit_entries',
      'TRUNCATE credit_entries',
    ]) {
      await expect(database.query(statement)).rejects.toThrow('immutable');
      await expect(database.query(`${asRole}; ${statement}`)).rejects.toThrow('permission denied');
    }
  });

  it('is written by a role that is no superuser', async () => {
    const [{ rolsuper }] = await database.query<{ rolsuper: boolean }>(
      `SELECT rolsuper FROM pg_roles WHERE rolname = 'easel_app'`,
    );
    expect(rolsuper).toBe(false);
  });
});

describe('the operator', () => {
  const run = <T>(work: Parameters<UnitOfWork['run']>[0]) =>
    nodes[0].get(UnitOfWork).run(work) as Promise<T>;

  it('grants a reference once under parallel requests, and refuses it with another amount', async () => {
    const { accountId } = await givenAccount(0);
    const grant = (amount: bigint) =>
      run((tx) =>
        credits.grant(tx, {
          accountId,
          amount,
          kind: 'paid',
          reason: null,
          reference: 'invoice 1',
        }),
      );

    await Promise.all(Array.from({ length: 8 }, () => grant(5000n)));

    expect(await balance(accountId)).toEqual([5, 0]);
    await expect(grant(6000n)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('takes back at most what is available and says the rest', async () => {
    const { accountId } = await givenAccount(3);
    const adjust = () =>
      run<object>((tx) =>
        credits.adjust(tx, accountId, { amount: 5000n, reason: 'chargeback', reference: 'c1' }),
      );

    expect(await adjust()).toMatchObject({ applied: 3000n, shortfall: 2000n, available: 0n });
    expect(await adjust()).toMatchObject({ applied: 3000n, shortfall: 2000n, replayed: true });
  });

  it('refunds parts of a capture, never more than was captured', async () => {
    const { accountId, keyId } = await givenAccount(10);
    const asked = item(command(accountId, keyId), 4);
    await store.accept(asked);
    await store.settle(settlement(asked, [asset(0, 4)]));
    const refund = (amount: bigint, reference: string) =>
      run((tx) => credits.refund(tx, asked.id, { amount, reason: 'poor', reference }));

    await refund(3000n, 'r1');
    await refund(3000n, 'r1');

    expect(await balance(accountId)).toEqual([9, 0]);
    await expect(refund(2000n, 'r2')).rejects.toMatchObject({ code: 'invalid_value' });
    await refund(1000n, 'r2');
    expect(await balance(accountId)).toEqual([10, 0]);
  });

  it('is refused a grant that a JSON number could not carry', async () => {
    const { accountId } = await givenAccount(1);
    const most = 9_007_199_254_740_991n;

    await expect(
      run((tx) =>
        credits.grant(tx, { accountId, amount: most, kind: 'gift', reason: null, reference: null }),
      ),
    ).rejects.toMatchObject({ code: 'invalid_value' });
  });
});
