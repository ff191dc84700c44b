import { newId } from '../../src/common/ids.js';
import type { UnitOfWork } from '../../src/database/index.js';
import { asset, command, item, ROOM, settlement, WORKER } from '../support/ledger-node.js';
import { LedgerRig } from '../support/ledger-rig.js';

let rig: LedgerRig;

beforeAll(async () => void (rig = await LedgerRig.start()));
afterAll(() => rig?.stop());
afterEach(async () => {
  expect(await rig.check()).toMatchObject({ ok: true, violations: [] });
});

describe('settle', () => {
  it('captures what was delivered and releases the rest', async () => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const request = { ...command(accountId, keyId).request, count: 4 };
    const asked = item(command(accountId, keyId, { request }), 8);
    await rig.store().accept(asked);

    await rig.store().settle(settlement(asked, [asset(0, 2), asset(1, 2), asset(3, 1)]));

    expect(await rig.balance(accountId)).toEqual([5, 0]);
    const kinds = await rig.database.query<{ kind: string }>(
      `SELECT kind FROM credit_entries WHERE account_id = $1 ORDER BY seq`,
      [accountId],
    );
    expect(kinds.map(({ kind }) => kind)).toEqual(['grant', 'hold', 'capture', 'release']);
  });

  it('settles once, however often and from however many nodes it is asked', async () => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const asked = item(command(accountId, keyId), 2);
    await rig.store().accept(asked);
    const settling = settlement(asked, [asset(0, 2)]);

    const verdicts = await Promise.all(
      Array.from({ length: 16 }, (_, i) => rig.store(i).settle(settling)),
    );

    expect(new Set(verdicts)).toEqual(new Set(['ok']));
    expect(await rig.balance(accountId)).toEqual([8, 0]);
  });

  it('changes nothing for a worker that was replaced, before and after the end', async () => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const asked = item(command(accountId, keyId), 2);
    await rig.store().accept(asked);
    const stale = { token: newId() };

    expect(await rig.store().settle(settlement(asked, [asset(0, 2)], stale))).toBe('fenced');
    expect(await rig.balance(accountId)).toEqual([8, 2]);
    await rig.store().settle(settlement(asked, []));
    expect(await rig.store().settle(settlement(asked, [asset(0, 2)], stale))).toBe('fenced');
    expect(await rig.balance(accountId)).toEqual([10, 0]);
  });

  it('refuses to succeed without a picture, and the hold stays', async () => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const asked = item(command(accountId, keyId), 2);
    await rig.store().accept(asked);

    await expect(
      rig.store().settle(settlement(asked, [], { status: 'succeeded' })),
    ).rejects.toThrow('cannot succeed without an image');
    expect(await rig.balance(accountId)).toEqual([8, 2]);
    await rig.store().settle(settlement(asked, []));
  });

  it('never captures more than was held', async () => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const asked = item(command(accountId, keyId), 2);
    await rig.store().accept(asked);

    await expect(rig.store().settle(settlement(asked, [asset(0, 3)]))).rejects.toThrow(
      'cannot capture',
    );
    expect(await rig.balance(accountId)).toEqual([8, 2]);
    await rig.store().settle(settlement(asked, []));
  });

  it('settles images recorded on the way even when the worker calls it a failure', async () => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const request = { ...command(accountId, keyId).request, count: 2 };
    const asked = item(command(accountId, keyId, { request }), 4);
    await rig.store().accept(asked);
    expect(await rig.store().recordImage(asked.id, asked.lease.token, asset(0, 2))).toBe(true);
    expect(await rig.store().recordImage(asked.id, newId(), asset(1, 2))).toBe(false);

    await rig.store().settle(settlement(asked, []));

    expect(await rig.balance(accountId)).toEqual([8, 0]);
    expect(
      await rig.database.query(`SELECT status, images FROM generations WHERE id = $1`, [asked.id]),
    ).toEqual([{ status: 'succeeded', images: 1 }]);
  });

  it('frees the Idempotency-Key of a failure that is safe to retry, and of no other', async () => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const bound = command(accountId, keyId, { idempotencyKey: 'again' });
    const first = item(bound, 2);
    await rig.store().accept(first);
    const failure = settlement(first, []);
    await rig.store().settle({ ...failure, error: { ...failure.error!, retryable: true } });
    const second = item(bound, 2);
    expect((await rig.store().accept(second)).verdict).toBe('ok');

    await rig.store().settle(settlement(second, []));

    expect(await rig.store().accept(item(bound, 2))).toMatchObject({
      verdict: 'duplicate',
      generationId: second.id,
    });
  });
});

describe('claim', () => {
  it('hands pending work to one worker each, first of every account first', async () => {
    const [long, short] = [await rig.givenAccount(100), await rig.givenAccount(100)];
    const pending = (of: typeof long) => item(command(of.accountId, of.keyId), 1, { lease: null });
    const queue = [pending(long), pending(long), pending(long), pending(short)];
    for (const one of queue) await rig.store().accept(one);

    const taken = await rig.store().claim(WORKER, 2, false, ROOM);
    const rest = await Promise.all(
      [0, 1].map((node) => rig.store(node).claim(WORKER, 9, false, ROOM)),
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
    const { accountId, keyId } = await rig.givenAccount(10);
    const dead = newId();
    const asked = item(command(accountId, keyId), 2, { workerId: dead });
    await rig.store().accept(asked);
    await rig.database.query(
      `INSERT INTO workers (id, name, role, lease_until) VALUES ($1, 'd', 'all', now() + interval '1 h')`,
      [dead],
    );
    expect(await rig.store().claim(WORKER, 9, true, ROOM)).toEqual([]);
    await rig.database.query(
      `UPDATE workers SET lease_until = now() - interval '1 s' WHERE id = $1`,
      [dead],
    );
    expect(await rig.store().claim(WORKER, 9, false, ROOM)).toEqual([]);

    expect(await rig.store().claim(WORKER, 9, true, ROOM)).toEqual([
      { id: asked.id, model: 'm', abandoned: true },
    ]);

    expect(await rig.store().settle(settlement(asked, [asset(0, 2)]))).toBe('fenced');
    expect(
      await rig.database.query(`SELECT state FROM attempts WHERE generation_id = $1`, [asked.id]),
    ).toEqual([{ state: 'unknown' }]);
    await endAll();
    expect(await rig.balance(accountId)).toEqual([10, 0]);
  });

  async function endAll(): Promise<void> {
    const open = await rig.database.query<{ id: string; account_id: string; lease_token: string }>(
      `SELECT id, account_id, lease_token FROM generations WHERE status = 'processing'`,
    );
    for (const { id, account_id: accountId, lease_token: token } of open) {
      await rig.store().settle({
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
    await rig.givenAccount(5);
    const asRole = `SET ROLE easel_app`;
    for (const statement of [
      'UPDATE credit_entries SET available_delta = 1',
      'DELETE FROM credit_entries',
      'TRUNCATE credit_entries',
    ]) {
      await expect(rig.database.query(statement)).rejects.toThrow('immutable');
      await expect(rig.database.query(`${asRole}; ${statement}`)).rejects.toThrow(
        'permission denied',
      );
    }
  });

  it('is written by a role that is no superuser', async () => {
    const [{ rolsuper }] = await rig.database.query<{ rolsuper: boolean }>(
      `SELECT rolsuper FROM pg_roles WHERE rolname = 'easel_app'`,
    );
    expect(rolsuper).toBe(false);
  });
});

describe('the operator', () => {
  const run = <T>(work: Parameters<UnitOfWork['run']>[0]) => rig.unitOfWork.run(work) as Promise<T>;

  it('grants a reference once under parallel requests, and refuses it with another amount', async () => {
    const { accountId } = await rig.givenAccount(0);
    const grant = (amount: bigint) =>
      run((tx) =>
        rig.credits.grant(tx, {
          accountId,
          amount,
          kind: 'paid',
          reason: null,
          reference: 'invoice 1',
        }),
      );

    await Promise.all(Array.from({ length: 8 }, () => grant(5000n)));

    expect(await rig.balance(accountId)).toEqual([5, 0]);
    await expect(grant(6000n)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('takes back at most what is available and says the rest', async () => {
    const { accountId } = await rig.givenAccount(3);
    const adjust = () =>
      run<object>((tx) =>
        rig.credits.adjust(tx, accountId, { amount: 5000n, reason: 'chargeback', reference: 'c1' }),
      );

    expect(await adjust()).toMatchObject({ applied: 3000n, shortfall: 2000n, available: 0n });
    expect(await adjust()).toMatchObject({ applied: 3000n, shortfall: 2000n, replayed: true });
  });

  it('refunds parts of a capture, never more than was captured', async () => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const asked = item(command(accountId, keyId), 4);
    await rig.store().accept(asked);
    await rig.store().settle(settlement(asked, [asset(0, 4)]));
    const refund = (amount: bigint, reference: string) =>
      run((tx) => rig.credits.refund(tx, asked.id, { amount, reason: 'poor', reference }));

    await refund(3000n, 'r1');
    await refund(3000n, 'r1');

    expect(await rig.balance(accountId)).toEqual([9, 0]);
    await expect(refund(2000n, 'r2')).rejects.toMatchObject({ code: 'invalid_value' });
    await refund(1000n, 'r2');
    expect(await rig.balance(accountId)).toEqual([10, 0]);
  });

  it('is refused a grant that a JSON number could not carry', async () => {
    const { accountId } = await rig.givenAccount(1);
    const most = 9_007_199_254_740_991n;

    await expect(
      run((tx) =>
        rig.credits.grant(tx, {
          accountId,
          amount: most,
          kind: 'gift',
          reason: null,
          reference: null,
        }),
      ),
    ).rejects.toMatchObject({ code: 'invalid_value' });
  });
});
