import { randomBytes } from 'node:crypto';
import { newId } from '../../../src/common/ids.js';
import { Database, isOutage } from '../../../src/database/index.js';
import { GenerationStore } from '../../../src/relay/generation-store.js';
import { asset, command, item, settlement, startLedgerNode } from '../../support/ledger-node.js';
import { Random } from '../simulator/random.js';
import { work } from './crew.js';

export interface Purse {
  readonly accountId: string;
  readonly keyId: string;
  /** What it accepted is also ended, captured or released; the others only ever accept. */
  readonly ends: boolean;
}

export interface Spree {
  readonly purses: readonly Purse[];
  readonly attempts: number;
  readonly seed: number;
}

export interface Spent {
  /** That were answered; who waits too long for an account's lock is told to come again. */
  readonly attempts: number;
  readonly accepted: number;
  readonly refused: number;
}

/** Wire credits of every attempt. */
export const PRICE = 1;
const LOOPS = 3;
const PURSES_PER_CALL = 10;
const ATTEMPTS_PER_PURSE = 10;
/** Every so many calls the way of a single request is taken, as the relay takes it. */
const SINGLY = 10;

const node = await startLedgerNode({ url: process.argv[2] });
const store = node.get(GenerationStore);
const database = node.get(Database);

work(async ({ purses, attempts, seed }: Spree): Promise<Spent> => {
  const spent = { attempts: 0, accepted: 0, refused: 0 };
  const loops = Array.from({ length: LOOPS }, async (_, loop) => {
    const random = new Random(seed * LOOPS + loop);
    for (let call = 0; spent.attempts < attempts; call += 1) {
      const chosen = Array.from({ length: PURSES_PER_CALL }, () => random.pick(purses));
      const wanted = chosen.flatMap((purse) =>
        Array.from({ length: ATTEMPTS_PER_PURSE }, () => purse),
      );
      const singly = call % SINGLY === SINGLY - 1;
      const items = wanted.slice(0, singly ? 10 : undefined).map(toAttempt);
      const accepted = await orNull(singly ? acceptSingly(items) : acceptTogether(items));
      if (accepted === null) continue;
      spent.attempts += items.length;
      spent.accepted += accepted.length;
      spent.refused += items.length - accepted.length;
      await endSome(accepted, random);
    }
  });
  await Promise.all(loops);
  return spent;
});

interface Attempt {
  readonly purse: Purse;
  readonly item: ReturnType<typeof item>;
}

function toAttempt(purse: Purse): Attempt {
  return { purse, item: item(command(purse.accountId, purse.keyId), PRICE) };
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  return work.catch((error: unknown) => {
    if (isOutage(error)) return null;
    throw error;
  });
}

async function acceptSingly(attempts: readonly Attempt[]): Promise<Attempt[]> {
  const accepted: Attempt[] = [];
  await Promise.all(
    attempts.map(async (attempt) => {
      const { verdict } = await store.accept(attempt.item);
      if (verdict === 'ok') accepted.push(attempt);
    }),
  );
  return accepted;
}

/** The function that accepts takes arrays: a hundred at once, under the locks of all their accounts. */
async function acceptTogether(attempts: readonly Attempt[]): Promise<Attempt[]> {
  const items = attempts.map((attempt) => attempt.item);
  const row = { mode: 'live', surface: 'rig', profile: 'rig', model: 'm', operation: 'generate' };
  const price = { count: 1, catalog: 1, factor: 1000, unit: PRICE * 1000, hold: PRICE * 1000 };
  const json = JSON.stringify({ ...row, ...price, visibility: 'private', deadline: 3600 });
  const verdicts = await database.query<{ ord: number; verdict: string }>({
    name: 'rig_accept',
    text: 'SELECT ord, verdict FROM relay_accept($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)',
    values: [
      newId(),
      items.map(({ id }) => id),
      items.map((each) => each.command.accountId),
      items.map((each) => each.command.apiKeyId),
      items.map(() => json),
      items.map((each) => JSON.stringify({ request: each.command.request, requestId: 'rig' })),
      items.flatMap(() => Array.from({ length: 8 }, () => null)),
      items.map(({ lease }) => lease.token),
      items.map(() => randomBytes(32)),
      items.map(() => null),
      items.map(({ lease }) => lease.attemptId),
      items.map(() => 'rig'),
      true,
    ],
    timeoutMs: 30_000,
  });
  const taken = new Set(
    verdicts.filter(({ verdict }) => verdict === 'ok').map(({ ord }) => ord - 1),
  );
  return attempts.filter((_, at) => taken.has(at));
}

async function endSome(accepted: readonly Attempt[], random: Random): Promise<void> {
  const ending = accepted.filter(({ purse }) => purse.ends && random.chance(0.9));
  await Promise.all(
    ending.map(({ item: each }) => {
      const assets = random.chance(0.1) ? [asset(0, PRICE)] : [];
      return store.settle(settlement(each, assets));
    }),
  );
}
