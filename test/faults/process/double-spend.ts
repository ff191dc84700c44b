import { join } from 'node:path';
import { GuardedFolder } from '../../support/guarded-folder.js';
import { Random } from '../simulator/random.js';
import { Hand } from './crew.js';
import { Ledger } from './ledger.js';
import { Postgres } from './postgres.js';
import type { Rig, RigOptions } from './rig.js';
import type { Purse, Spent, Spree } from './spender.js';

const PROCESSES = 3;
const ATTEMPTS = { short: 30_000, long: 1_000_000 };
const PURSES = { short: 200, long: 2_000 };
const MOST_CREDITS = 20;

export const doubleSpend: Rig = {
  about: 'more is asked for than the balance pays, in three processes at once',

  async run({ long, seed, say }: RigOptions): Promise<readonly string[]> {
    const length = long ? 'long' : 'short';
    const folder = await GuardedFolder.make();
    const postgres = await Postgres.start(join(folder.path, 'server'));
    const ledger = await Ledger.open(postgres);
    const hands = await Promise.all(
      Array.from({ length: PROCESSES }, () => {
        return Hand.hire<Spree, Spent>(folder, 'spender.ts', postgres.url);
      }),
    );
    try {
      const purses = await givenPurses(ledger, PURSES[length], new Random(seed));
      const attempts = Math.ceil(ATTEMPTS[length] / PROCESSES);
      const begun = performance.now();
      const spent = await Promise.all(
        hands.map((hand, at) => hand.do({ purses, attempts, seed: seed + at })),
      );
      const seconds = (performance.now() - begun) / 1000;
      const sum = (of: (each: Spent) => number) => spent.reduce((all, each) => all + of(each), 0);
      const made = sum((each) => each.attempts);
      say(`${made} attempts on ${purses.length} accounts in ${seconds.toFixed(0)} s`);
      say(`${(made / seconds).toFixed(0)} a second; accepted ${sum((each) => each.accepted)}`);
      return [...(await findings(postgres, purses, say)), ...(await ledger.violations())];
    } finally {
      for (const hand of hands) hand.dismiss();
      await ledger.close();
      await postgres.stop();
      await folder.remove();
    }
  },
};

/** Every second one is only accepted from, so that exactly its balance must be sold. */
async function givenPurses(ledger: Ledger, count: number, random: Random): Promise<Purse[]> {
  const balances = Array.from({ length: count }, () => random.below(MOST_CREDITS + 1));
  const owned = await ledger.givenAccounts(balances);
  return owned.map((each, at) => ({ ...each, ends: at % 2 === 1 }));
}

async function findings(
  postgres: Postgres,
  purses: readonly Purse[],
  say: (line: string) => void,
): Promise<string[]> {
  const selling = purses.filter(({ ends }) => !ends).map(({ accountId }) => accountId);
  const [sums] = await postgres.query<
    Record<'overspent' | 'unsold' | 'granted' | 'spent' | 'left', number>
  >(SUMS, [selling]);
  const { overspent, unsold, granted, spent, left } = sums;
  say(`credits granted ${granted}, spent ${spent}, left ${left}, overspent ${overspent}`);
  return [
    ...(overspent > 0 ? [`${overspent} credits were spent that nobody had`] : []),
    ...(unsold > 0 ? [`${unsold} credits were refused to who had them`] : []),
    ...(granted !== spent + left ? ['granted is not what was spent and what is left'] : []),
  ];
}

/** Wire credits over all accounts; `unsold` over those of $1. */
const SUMS = `
  WITH granted AS (SELECT account_id, sum(amount) AS amount FROM credit_grants GROUP BY 1),
       spent AS (SELECT account_id,
                        sum(CASE WHEN finished_at IS NULL THEN hold_credits ELSE captured END) AS amount
                   FROM generations GROUP BY 1),
       per AS (SELECT c.account_id, c.available, coalesce(g.amount, 0) AS granted,
                      coalesce(s.amount, 0) AS spent
                 FROM credit_accounts c LEFT JOIN granted g USING (account_id)
                                        LEFT JOIN spent s USING (account_id))
  SELECT (sum(greatest(spent - granted, 0)) / 1000)::float8 AS overspent,
         (sum(available) FILTER (WHERE account_id = ANY ($1)) / 1000)::float8 AS unsold,
         (sum(granted) / 1000)::float8 AS granted, (sum(spent) / 1000)::float8 AS spent,
         (sum(available) / 1000)::float8 AS left
    FROM per`;
