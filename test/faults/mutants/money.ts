import type { Mutant } from './mutant.js';

const STORE = 'src/relay/generation-store.ts';
const SQL = 'src/relay/generation-sql.ts';
const SETTLED = 'return await this.settling.run(item);';
const SETTLED_FIRST = 'const verdict = await this.settling.run(item);';

const ACCOUNT_LOCK = 'IF p_wait THEN';

export const HOLD_CHECK = {
  fn: 'credits_hold',
  from: 'c.account_id = p_account AND c.available >= p_amount',
  to: 'c.account_id = p_account',
};
export const NO_FLOOR = [
  { table: 'credit_accounts', constraint: 'credit_accounts_not_negative' },
  { table: 'credit_entries', constraint: 'credit_entries_never_below_zero' },
];

/** Bugs in what is held, captured, released and written down. */
export const MONEY: readonly Mutant[] = [
  {
    name: 'no-balance-check',
    breaks: 'nobody spends what they do not have',
    rig: 'simulator',
    shows: /^nothing is below zero/,
    edits: [
      {
        fn: 'relay_accept',
        from: 'c.account_id = p_accounts[i] AND c.available >= v_hold',
        to: 'c.account_id = p_accounts[i]',
      },
      HOLD_CHECK,
      ...NO_FLOOR,
    ],
  },
  {
    name: 'balance-read-before-the-lock',
    breaks: 'nobody spends what they do not have, however many ask at once',
    rig: 'races',
    shows: /^nothing is below zero/,
    edits: [
      { fn: 'relay_accept', from: 'v_joined uuid;', to: 'v_joined uuid;\n  v_early bigint[];' },
      {
        fn: 'relay_accept',
        from: ACCOUNT_LOCK,
        to: `SELECT array_agg(c.available ORDER BY p.place) INTO v_early
    FROM unnest(p_accounts) WITH ORDINALITY p(account, place)
    JOIN credit_accounts c ON c.account_id = p.account;
  ${ACCOUNT_LOCK}`,
      },
      {
        fn: 'relay_accept',
        from: 'c.account_id = p_accounts[i] AND c.available >= v_hold',
        to: 'c.account_id = p_accounts[i] AND v_early[i] >= v_hold',
      },
      HOLD_CHECK,
      ...NO_FLOOR,
    ],
  },
  {
    name: 'capture-in-full',
    breaks: 'k of n images cost k',
    rig: 'simulator',
    shows: /^succeeded = 1 to count images, charged as the sum/,
    edits: [
      {
        fn: 'relay_settle_one',
        from: `IF v_images = 0 AND p_status NOT IN`,
        to: `IF v_images > 0 THEN
    v_captured := g.hold_credits;
  END IF;
  IF v_images = 0 AND p_status NOT IN`,
      },
    ],
  },
  {
    name: 'release-without-held',
    breaks: 'what is released is held no longer',
    rig: 'simulator',
    shows: /^held = open holds/,
    edits: [
      {
        fn: 'credits_close',
        from: `'release', released, -released,`,
        to: `'release', released, 0,`,
      },
      { table: 'credit_entries', constraint: 'credit_entries_move_as_named' },
    ],
  },
  {
    name: 'settle-in-two-transactions',
    breaks: 'a generation ends and is paid for in one moment',
    rig: 'simulator',
    shows: /^an ended generation has a closed hold/,
    edits: [
      {
        fn: 'relay_settle_one',
        from: `IF g.mode = 'live' THEN`,
        to: `IF g.mode = 'live' AND p_status = 'canceled' THEN`,
      },
      {
        file: STORE,
        from: SETTLED,
        to: `${SETTLED_FIRST}
        await this.database.query({
          name: 'planted_close',
          text: \`SELECT credits_close(g.id, g.captured,
                         CASE WHEN g.images > 0 THEN 'captured' ELSE 'released' END)
                   FROM generations g JOIN credit_holds h ON h.generation_id = g.id
                  WHERE g.id = $1 AND h.state = 'open' AND g.finished_at IS NOT NULL\`,
          values: [item.id],
        });
        return verdict;`,
      },
    ],
  },
  {
    name: 'release-outside-the-transaction',
    breaks: 'what is not captured is free again in the same moment',
    rig: 'simulator',
    shows: /^held = open holds/,
    edits: [
      {
        fn: 'credits_close',
        from: 'IF released > 0 THEN',
        to: `IF released > 0 AND p_state = 'planted' THEN`,
      },
      {
        file: STORE,
        from: SETTLED,
        to: `${SETTLED_FIRST}
        await this.database.query({
          name: 'planted_release',
          text: \`SELECT credits_post(h.account_id, 'release', h.released, -h.released,
                         h.generation_id, NULL, NULL)
                   FROM credit_holds h
                  WHERE h.generation_id = $1 AND h.released > 0 AND NOT EXISTS (
                    SELECT 1 FROM credit_entries e
                     WHERE e.generation_id = h.generation_id AND e.kind = 'release')\`,
          values: [item.id],
        });
        return verdict;`,
      },
    ],
  },
  {
    name: 'settled-twice',
    breaks: 'what has ended stays as it ended',
    rig: 'races',
    shows: /^settle was answered/,
    edits: [
      {
        fn: 'relay_settle_one',
        from: `ELSIF g.status <> 'processing' THEN`,
        to: `ELSIF g.status = 'canceled' THEN`,
      },
    ],
  },
  {
    name: 'journal-without-the-running-balance',
    breaks: 'each line of the journal says what was left',
    rig: 'simulator',
    shows: /^each journal line carries the running balance/,
    edits: [
      {
        fn: 'credits_post',
        from: `v_seq, p_kind, p_available, p_held,
          available_after, held_after,`,
        to: `v_seq, p_kind, p_available, p_held,
          greatest(p_available, 0), greatest(p_held, 0),`,
      },
    ],
  },
  {
    name: 'accepted-at-another-price-factor',
    breaks: 'the price that was held is the price that is charged',
    rig: 'simulator',
    shows: /^an image costs what its pixels cost/,
    edits: [{ file: SQL, from: 'factor: command.priceFactor,', to: 'factor: 1000,' }],
  },
];
