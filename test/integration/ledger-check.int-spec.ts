import { Database } from '../../src/database/index.js';
import { LedgerCheck } from '../../src/credits/index.js';
import { INCREMENT_RULES } from '../../src/credits/ledger-increment.js';
import { RULES } from '../../src/credits/ledger-rules.js';
import { LedgerWatch } from '../../src/credits/ledger-watch.js';
import { ownMetrics } from '../../src/observability/metrics.js';
import { asset, command, item, settlement } from '../support/ledger-node.js';
import { LedgerRig } from '../support/ledger-rig.js';

const LONG_AGO = new Date('2020-01-01');

let rig: LedgerRig;
let accountId: string;
/** One that succeeded, one that is under way. */
let ended: string;
let open: string;

beforeEach(async () => {
  rig = await LedgerRig.start();
  const account = await rig.givenAccount(10);
  accountId = account.accountId;
  const first = item(command(accountId, account.keyId), 2);
  await rig.store().accept(first);
  await rig.store().settle(settlement(first, [asset(0, 2)]));
  const second = item(command(accountId, account.keyId), 2);
  await rig.store().accept(second);
  [ended, open] = [first.id, second.id];
});
afterEach(() => rig?.stop());

/** As somebody could with the superuser's password: past triggers and keys, not past checks. */
const tamper = (sql: string) =>
  rig.database.query(`BEGIN; SET LOCAL session_replication_role = replica; ${sql}; COMMIT`);

const check = () => rig.nodes[0].get(LedgerCheck);
const rulesOf = (report: { violations: readonly { rule: string }[] }) =>
  report.violations.map(({ rule }) => rule);

const line = (account: string, seq: string, after: string) =>
  `INSERT INTO credit_entries (id, account_id, seq, kind, available_delta, held_delta,
                               available_after, held_after)
   VALUES (easel_uuid7(), ${account}, ${seq}, 'grant', 1000, 0, ${after}, 0)`;

/** Rule → what breaks it. */
const BREACHES: Readonly<Record<string, () => string>> = {
  'available and held equal the sums of the journal': () =>
    `UPDATE credit_accounts SET available = available + 1`,
  'held equals the open holds': () => `UPDATE credit_holds SET amount = 1 WHERE state = 'open'`,
  'every journal line belongs to an account': () => line('gen_random_uuid()', '1', '1000'),
  'journal lines are numbered without a gap and carry the running balance': () =>
    `UPDATE credit_entries SET available_after = available_after + 1 WHERE seq = 2`,
  'the next journal number follows the last': () => `UPDATE credit_accounts SET next_seq = 9`,
  'statement lines are numbered without a gap, captures left out': () =>
    `UPDATE credit_entries SET statement_line = statement_line + 1 WHERE seq = 2`,
  'an ended generation leaves no open hold': () =>
    `UPDATE credit_holds SET state = 'open', captured = 0, released = 0, closed_at = NULL
      WHERE generation_id = '${ended}'`,
  'an open hold belongs to an open generation': () =>
    `DELETE FROM generations WHERE id = '${open}'`,
  'a live generation has one hold of its own account and amount, others have none': () =>
    `DELETE FROM credit_holds WHERE generation_id = '${ended}'`,
  'captured equals the sum of the image credits': () => `UPDATE assets SET credits = 1`,
  'a generation succeeded if and only if it has an image row': () => `DELETE FROM assets`,
  'the journal tells the same of each hold': () =>
    `UPDATE credit_holds SET refunded = 1 WHERE generation_id = '${ended}'`,
  'grants, adjustments and refunds stand in the journal once': () =>
    `UPDATE credit_grants SET amount = amount + 1`,
  'counters in flight equal the open generations': () =>
    `UPDATE account_counters SET in_flight = 0`,
  'an Idempotency-Key names a generation of its account': () =>
    `INSERT INTO idempotency_keys (account_id, key, fingerprint, generation_id, expires_at)
     VALUES ('${accountId}', 'k', 'f', gen_random_uuid(), now() + interval '24 h')`,
};

describe('the ledger check', () => {
  it('finds nothing where all is well, in full and since', async () => {
    expect(rulesOf(await check().run())).toEqual([]);
    expect(rulesOf(await check().runSince(LONG_AGO))).toEqual([]);
  });

  it.each(Object.entries(BREACHES))(
    'finds that %s does not hold, in full and since',
    async (rule, breach) => {
      await tamper(breach());

      expect(rulesOf(await check().run())).toContain(rule);
      expect(rulesOf(await check().runSince(LONG_AGO))).toContain(rule);
    },
  );

  it('knows a rule for every breach and a breach for every rule', () => {
    const known = Object.keys(BREACHES).sort();
    expect(Object.keys(RULES).sort()).toEqual(known);
    expect(Object.keys(INCREMENT_RULES).sort()).toEqual(known);
  });

  it('finds a line that goes twice or is missing, however the sums come out', async () => {
    const account = `'${accountId}'`;
    await tamper(`${line(account, '4', '7000')}; ${line(account, '6', '9000')}`);
    const rule = 'journal lines are numbered without a gap and carry the running balance';

    expect(rulesOf(await check().run())).toContain(rule);
    expect(rulesOf(await check().runSince(LONG_AGO))).toContain(rule);
  });

  it('finds an account that counts other statement lines than it has', async () => {
    await tamper(`UPDATE credit_accounts SET statement_lines = statement_lines + 1`);
    const rule = 'statement lines are numbered without a gap, captures left out';

    expect(rulesOf(await check().run())).toEqual([rule]);
    expect(rulesOf(await check().runSince(LONG_AGO))).toEqual([rule]);
  });

  it('since a moment, judges what moved after it and nothing else', async () => {
    await tamper(`UPDATE credit_entries SET available_after = available_after + 1 WHERE seq = 2`);
    await rig.givenAccount(5);
    const [{ now }] = await rig.database.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    expect(rulesOf(await check().runSince(now))).toEqual([]);

    await tamper(line(`'${accountId}'`, '5', '1'));

    expect(rulesOf(await check().runSince(now))).toEqual(
      expect.arrayContaining([
        'available and held equal the sums of the journal',
        'journal lines are numbered without a gap and carry the running balance',
      ]),
    );
  });
});

describe('the ledger watch', () => {
  const marks = () =>
    rig.database
      .query<{ key: string; value: string }>(
        `SELECT key, value FROM settings WHERE key LIKE 'ledger%' ORDER BY key`,
      )
      .then((rows) => rows.map(({ value }) => value));
  const violations = async () =>
    Number(/^easel_ledger_violations (\d+)$/m.exec(await ownMetrics())![1]);
  const itsTurn = () =>
    rig.database.query(
      `UPDATE settings SET value = (now() - interval '1 h')::text WHERE key = 'ledger_checked_at'`,
    );

  it('checks all once, then what moved; a violation stays until it is mended', async () => {
    const watch = new LedgerWatch(rig.nodes[0].get(Database), check());
    await watch.look();
    const first = await marks();
    expect(first).toHaveLength(3);
    await watch.look();
    expect(await marks()).toEqual(first);

    await tamper(`UPDATE credit_accounts SET available = available + 1`);
    for (let minute = 0; minute < 2; minute += 1) {
      await itsTurn();
      await watch.look();
      expect(await violations()).toBeGreaterThan(0);
      expect((await marks())[1]).toBe(first[1]);
    }

    await tamper(`UPDATE credit_accounts SET available = available - 1`);
    await itsTurn();
    await watch.look();
    const [, clean, full] = await marks();
    expect(await violations()).toBe(0);
    expect([clean > first[1], full]).toEqual([true, first[2]]);
  });
});
