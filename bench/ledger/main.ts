import pg from 'pg';
import { CpuMeter } from '../cpu.js';
import { makeAccounts, type Owner } from './accounts.js';
import { EaselPairs } from './easel-pairs.js';
import { NAIVE_TABLES, NaivePairs } from './naive.js';
import type {
  LedgerOrder,
  PairJob,
  PairMaker,
  PairResult,
  Prepare,
  Strategy,
} from './pair-maker.js';

let url = '';
let owners: Owner[] = [];
let maker: PairMaker | undefined;

/** Makes pairs of hold and settle as fast as it can, on order. */
process.on('message', (order: LedgerOrder) => {
  void obey(order).then((reply) => process.send?.(reply));
});
process.once('disconnect', () => process.exit());

async function obey(order: LedgerOrder): Promise<object> {
  if ('prepare' in order) return prepare(order.prepare);
  if ('open' in order) return open(order.open);
  if ('pairs' in order) return makePairs(order.pairs);
  if ('check' in order) return check();
  await maker?.close();
  return {};
}

async function prepare(wish: Prepare): Promise<object> {
  ({ url } = wish);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  owners = await makeAccounts(client, wish.accounts);
  await client.query(NAIVE_TABLES);
  await client.end();
  return {};
}

async function open(strategy: Strategy): Promise<object> {
  maker = strategy === 'naive' ? new NaivePairs(url) : await EaselPairs.open(url);
  return {};
}

async function check(): Promise<object> {
  const ledger = await EaselPairs.open(url);
  const violations = await ledger.violations();
  await ledger.close();
  return { violations };
}

async function makePairs(job: PairJob): Promise<PairResult> {
  const found = { pairs: 0, lost: 0, example: null as string | null };
  const meter = await CpuMeter.start([process.pid]);
  const begun = performance.now();
  const end = begun + job.seconds * 1000;
  const worker = async (_: unknown, at: number) => {
    for (let turn = at; performance.now() < end; turn += job.concurrency) {
      const { accountId, keyId } = owners[turn % job.accounts];
      const done = await maker!.pair(accountId, keyId).catch((error: Error) => {
        found.example ??= error.message;
        return false;
      });
      if (done) found.pairs += 1;
      else found.lost += 1;
    }
  };
  await Promise.all(Array.from({ length: job.concurrency }, worker));
  const seconds = (performance.now() - begun) / 1000;
  return { ...found, seconds, cpu: await meter.stop([process.pid]) };
}
