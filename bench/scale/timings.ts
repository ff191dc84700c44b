import { LedgerCheck } from '../../src/credits/index.js';
import { Database } from '../../src/database/index.js';
import { GenerationReader } from '../../src/relay/generation-reader.js';
import { UsageReader } from '../../src/relay/index.js';
import { AssetsRepository } from '../../src/storage/assets.repository.js';
import { median } from '../figures.js';
import { EaselPairs } from '../ledger/easel-pairs.js';
import type { Owner } from '../ledger/accounts.js';
import type { Filled } from './fill.js';
import type { TimeReply, Times } from './orders.js';

const PAGE = 50;
const USAGE_DAYS = 30;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The calls that must not mind how much there is, on one filled database. */
export class Timings {
  private turn = 0;

  private constructor(
    private readonly filled: Filled,
    private readonly pairs: EaselPairs,
    private readonly database: Database,
    private readonly check: LedgerCheck,
  ) {}

  static async open(url: string, filled: Filled): Promise<Timings> {
    const pairs = await EaselPairs.open(url);
    return new Timings(filled, pairs, pairs.service(Database), pairs.service(LedgerCheck));
  }

  async take(repeats: number): Promise<TimeReply> {
    const steps = await this.acceptAndSettle(repeats);
    const { large } = this.filled;
    const times: Times = {
      ...steps,
      list: await this.each(repeats, () => this.list(this.next())),
      statement: await this.each(repeats, () => this.statement(this.next())),
      usage: await this.each(repeats, () => this.usage(this.next())),
      listLarge: await this.each(repeats, () => this.list(large)),
      statementLarge: await this.each(repeats, () => this.statement(large)),
      usageLarge: await this.each(repeats, () => this.usage(large)),
      increment: await this.each(repeats, () => this.checkLastMinute()),
      check: 0,
    };
    const begun = performance.now();
    const { violations } = await this.check.run();
    const check = performance.now() - begun;
    const words = violations.map(({ rule, count }) => `${count} × ledger: ${rule}`);
    return { times: { ...times, check }, violations: words };
  }

  private checkLastMinute() {
    return this.check.runSince(new Date(Date.now() - MINUTE_MS));
  }

  private async acceptAndSettle(repeats: number): Promise<{ accept: number; settle: number }> {
    const steps: { accept: number; settle: number }[] = [];
    for (let at = 0; at < repeats; at += 1) {
      const { accountId, keyId } = this.next();
      steps.push(await this.pairs.timedPair(accountId, keyId));
    }
    return {
      accept: median(steps.map(({ accept }) => accept)),
      settle: median(steps.map(({ settle }) => settle)),
    };
  }

  private async each(repeats: number, call: () => Promise<unknown>): Promise<number> {
    const times: number[] = [];
    for (let at = 0; at < repeats; at += 1) {
      const begun = performance.now();
      await call();
      times.push(performance.now() - begun);
    }
    return median(times);
  }

  /** Another account every time, so that no page is warm for having been asked for just now. */
  private next(): Owner {
    const { ordinary } = this.filled;
    return ordinary[(this.turn += 7) % ordinary.length];
  }

  private list({ accountId }: Owner) {
    const reader = new GenerationReader(this.database, new AssetsRepository(this.database));
    return reader.list(accountId, { limit: PAGE });
  }

  private usage({ accountId, keyId }: Owner) {
    const since = new Date(Date.now() - USAGE_DAYS * DAY_MS);
    const reader = new UsageReader(this.database);
    return reader.usage({ accountId, apiKeyId: keyId, since, before: null, limit: PAGE });
  }

  /** A page of the journal. */
  private statement({ accountId }: Owner) {
    return this.database.query({
      name: 'bench_statement',
      text: `SELECT seq, kind, available_delta, held_delta, available_after, generation_id,
                    created_at
               FROM credit_entries WHERE account_id = $1 ORDER BY seq DESC LIMIT $2`,
      values: [accountId, PAGE],
    });
  }
}
