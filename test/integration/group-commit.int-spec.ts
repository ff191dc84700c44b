import { jest } from '@jest/globals';
import { Database, type Sql } from '../../src/database/index.js';
import { asset, command, item, settlement } from '../support/ledger-node.js';
import { LedgerRig } from '../support/ledger-rig.js';

let rig: LedgerRig;

beforeAll(async () => void (rig = await LedgerRig.start()));
afterAll(() => rig?.stop());
afterEach(async () => {
  jest.restoreAllMocks();
  expect(await rig.check()).toMatchObject({ ok: true, violations: [] });
});

const accounts = (count: number, credits: number) =>
  Promise.all(Array.from({ length: count }, () => rig.givenAccount(credits)));
const asked = ({ accountId, keyId }: { accountId: string; keyId: string }, credits = 1) =>
  item(command(accountId, keyId), credits);

/** Names of the relay's statements that a node sends while `work` goes on. */
async function statements(work: () => Promise<unknown>): Promise<string[]> {
  const spy = jest.spyOn(rig.nodes[0].get(Database), 'query');
  await work();
  const names = spy.mock.calls.map(([{ name }]: [Sql]) => name ?? '');
  return names.filter((name) => name.startsWith('relay_'));
}

const DEADLOCK = '40P01';
const codeOf = (error: unknown) => (error as { code?: string }).code;

describe('group commit', () => {
  it('accepts and settles what is asked at once in one statement each', async () => {
    const items = (await accounts(40, 5)).map((account) => asked(account, 2));

    const sent = await statements(async () => {
      const answers = await Promise.all(items.map((one) => rig.store().accept(one)));
      expect(new Set(answers.map(({ verdict }) => verdict))).toEqual(new Set(['ok']));
      expect(answers.map(({ generationId }) => generationId)).toEqual(items.map(({ id }) => id));
      const ends = items.map((one, at) => settlement(one, at % 2 === 0 ? [asset(0, 2)] : []));
      await Promise.all(ends.map((end) => rig.store().settle(end)));
    });

    expect(sent).toEqual(['relay_accept', 'relay_settle']);
    expect(await rig.balance(items[0].command.accountId)).toEqual([3, 0]);
    expect(await rig.balance(items[1].command.accountId)).toEqual([5, 0]);
  });

  it('sells one balance exactly, within one statement and over two processes', async () => {
    const [hot] = await accounts(1, 30);
    const items = Array.from({ length: 100 }, () => asked(hot));

    const answers = await Promise.all(items.map((one, at) => rig.store(at).accept(one)));

    const verdicts = answers.map(({ verdict }) => verdict);
    expect(verdicts.filter((verdict) => verdict === 'ok')).toHaveLength(30);
    expect(verdicts.filter((verdict) => verdict === 'balance')).toHaveLength(70);
    expect(await rig.balance(hot.accountId)).toEqual([0, 30]);
    const accepted = items.filter((_, at) => verdicts[at] === 'ok');
    const settled = accepted.map((one, at) => rig.store(at).settle(settlement(one, [asset(0, 1)])));
    expect(new Set(await Promise.all(settled))).toEqual(new Set(['ok']));
    expect(await rig.balance(hot.accountId)).toEqual([0, 0]);
  });

  it('lets nobody wait for an account that somebody else holds', async () => {
    const [held, ...free] = await accounts(11, 5);
    const item = asked(held);
    await rig.store().accept(item);
    let isSettled = false;
    let settled: Promise<string> | undefined;

    await rig.unitOfWork.run(async (tx) => {
      await tx.query({
        text: 'SELECT 1 FROM credit_accounts WHERE account_id = $1 FOR UPDATE',
        values: [held.accountId],
      });
      settled = rig.store().settle(settlement(item, [asset(0, 1)]));
      void settled.then(() => (isSettled = true));
      for (let round = 0; round < 3; round += 1) {
        const items = free.map((account) => asked(account));
        await Promise.all(items.map((one) => rig.store().accept(one)));
        const ends = items.map((one) => rig.store().settle(settlement(one, [asset(0, 1)])));
        expect(new Set(await Promise.all(ends))).toEqual(new Set(['ok']));
      }
      expect(isSettled).toBe(false);
    });

    expect(await settled).toBe('ok');
    expect(await rig.balance(held.accountId)).toEqual([4, 0]);
    expect(await rig.balance(free[0].accountId)).toEqual([2, 0]);
  });

  it('fails the accept that breaks a rule of the database, and no other', async () => {
    const [first, second, third] = await accounts(3, 5);
    const bad = { ...asked(second), deadlineSeconds: Number.NaN };

    const answers = await Promise.allSettled(
      [asked(first), bad, asked(second), asked(third)].map((one) => rig.store().accept(one)),
    );

    const [, refused] = answers;
    expect(refused).toMatchObject({ status: 'rejected', reason: { column: 'deadline_at' } });
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await rig.balance(first.accountId)).toEqual([4, 1]);
    expect(await rig.balance(second.accountId)).toEqual([4, 1]);
    expect(await rig.balance(third.accountId)).toEqual([4, 1]);
  });

  it('fails the settle that breaks a rule of the ledger, and no other', async () => {
    const owners = await accounts(3, 5);
    const items = owners.map((account) => asked(account));
    await Promise.all(items.map((one) => rig.store().accept(one)));

    const answers = await Promise.allSettled(
      items.map((one, at) => rig.store().settle(settlement(one, [asset(0, at === 1 ? 2 : 1)]))),
    );

    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await rig.balance(owners[0].accountId)).toEqual([4, 0]);
    expect(await rig.balance(owners[1].accountId)).toEqual([4, 1]);
    expect(await rig.balance(owners[2].accountId)).toEqual([4, 0]);
  });

  it('lets processes that cross on the same accounts never wait for each other in a ring', async () => {
    const shared = await accounts(12, 1_000);
    const failures = rig.nodes.map((node) => jest.spyOn(node.get(Database), 'translate'));
    let before: readonly ReturnType<typeof asked>[] = [];
    for (let round = 0; round < 40; round += 1) {
      const items = shared.map((account) => asked(account));
      const crossing = shared.toReversed().map((account) => asked(account));
      // What the round before accepted is settled meanwhile, each by the other process.
      const [accepted, ended] = await Promise.all([
        Promise.all([
          ...items.map((one) => rig.store(0).accept(one)),
          ...crossing.map((one) => rig.store(1).accept(one)),
        ]),
        Promise.all(before.map((one, at) => rig.store(at + 1).settle(settlement(one, [])))),
      ]);
      expect(accepted.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
      expect(ended.filter((verdict) => verdict !== 'ok')).toEqual([]);
      before = [...items, ...crossing];
    }
    await Promise.all(before.map((one, at) => rig.store(at).settle(settlement(one, []))));

    const codes = failures.flatMap(({ mock }) => mock.calls.map(([error]) => codeOf(error)));
    expect(codes.filter((code) => code === DEADLOCK)).toEqual([]);
    expect(await rig.balance(shared[0].accountId)).toEqual([1_000, 0]);
  });
});
