import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../../src/common/ids.js';
import { ApiKeysService } from '../../../src/api-keys/index.js';
import { startAccessNode } from '../../support/access-node.js';
import { GuardedFolder } from '../../support/guarded-folder.js';
import { Random } from '../simulator/random.js';
import { Hand, sharedMicroseconds } from './crew.js';
import { Ledger } from './ledger.js';
import { Postgres } from './postgres.js';
import type { Order, Used } from './requester.js';
import type { Rig, RigOptions } from './rig.js';

const PROCESSES = 3;
const TRIALS = { short: 50, long: 1_000 };
const ACCOUNTS = 10;
const PLENTY = 1_000_000;
/** From the first request with a key to its revocation, and from there to the last. */
const BEFORE_MS = [15, 40] as const;
const AFTER_MS = 12;

interface Trial {
  readonly used: readonly Used[];
  /** When the operator had heard that the key is revoked. */
  readonly revokedAt: number;
}

export const revocation: Rig = {
  about: 'a key is revoked while three processes spend with it as fast as they can',

  async run({ long, seed, say }: RigOptions): Promise<readonly string[]> {
    const folder = await GuardedFolder.make();
    const postgres = await Postgres.start(join(folder.path, 'server'));
    const ledger = await Ledger.open(postgres);
    const access = await startAccessNode(postgres.database);
    const hands = await Promise.all(
      Array.from({ length: PROCESSES }, () => {
        return Hand.hire<Order, Used>(folder, 'requester.ts', postgres.url);
      }),
    );
    try {
      const accounts = await ledger.givenAccounts(Array.from({ length: ACCOUNTS }, () => PLENTY));
      const random = new Random(seed);
      const trials: Trial[] = [];
      const revoke = (keyId: string) => access.get(ApiKeysService).revoke(keyId);
      for (let trial = 0; trial < TRIALS[long ? 'long' : 'short']; trial += 1) {
        const key = { accountId: random.pick(accounts).accountId, keyId: newId() };
        await ledger.givenKeys([key]);
        const used = hands.map((hand) => hand.do({ use: key }));
        await sleep(random.between(...BEFORE_MS));
        await revoke(key.keyId);
        const revokedAt = sharedMicroseconds();
        await sleep(AFTER_MS);
        for (const hand of hands) hand.tell({ stop: true });
        trials.push({ used: await Promise.all(used), revokedAt });
      }
      return [
        ...judge(trials, say),
        ...(await judgeRows(postgres)),
        ...(await ledger.violations()),
      ];
    } finally {
      for (const hand of hands) hand.dismiss();
      await access.close();
      await ledger.close();
      await postgres.stop();
      await folder.remove();
    }
  },
};

function judge(trials: readonly Trial[], say: (line: string) => void): string[] {
  const all = trials.flatMap(({ used }) => used);
  const sum = (of: (each: Used) => number) => all.reduce((total, each) => total + of(each), 0);
  const late = trials.flatMap(({ used, revokedAt }) =>
    used.filter(({ lastBegun }) => lastBegun > revokedAt),
  );
  const telling = trials.filter(({ used }) =>
    used.every(({ accepted, refused }) => accepted > 0 && refused > 0),
  );
  const others = [...new Set(all.flatMap(({ others: verdicts }) => verdicts))];
  say(
    `${trials.length} revocations; every process spent before and was refused after in ${telling.length}`,
  );
  say(`accepted ${sum(({ accepted }) => accepted)}, refused ${sum(({ refused }) => refused)}`);
  return [
    ...(late.length > 0 ? [`${late.length} accepts begun after the revocation went through`] : []),
    ...(telling.length < trials.length / 2 ? ['too few trials say anything'] : []),
    ...others.map((verdict) => `an accept was answered ${verdict}`),
  ];
}

/** Both moments are taken under the lock of the account, so their order is that of the commits. */
async function judgeRows(postgres: Postgres): Promise<string[]> {
  const [{ late }] = await postgres.query<{ late: number }>(
    `SELECT count(*)::int AS late FROM generations g JOIN api_keys k ON k.id = g.api_key_id
      WHERE g.created_at > k.revoked_at`,
  );
  return late > 0
    ? [`${late} generations were accepted after their key's revocation committed`]
    : [];
}
