import { randomUUID } from 'node:crypto';
import { type Choice, Scheduler } from './scheduler.js';
import { clock } from './clock.js';
import { Cluster } from './cluster.js';
import { type Account, drawWishes } from './customers.js';
import { CALM, drawWeather } from './faults.js';
import { type Outside, type Parts, PARTS } from './incarnation.js';
import { checkInvariants } from './invariants.js';
import { Observer } from './observer.js';
import { People } from './people.js';
import type { PhysicalDatabase } from './physical-database.js';
import type { Tamper } from './database-port.js';
import { Random } from './random.js';
import { Bucket } from './storage-port.js';
import { Trace } from './trace.js';
import { checkTruths } from './truths.js';
import { UpstreamWorld } from './upstream-world.js';

const STORM_STEPS = 1_500;
/** Longest time (ms) until everything must have come to rest after the last fault. */
const REST_MS = 15 * 60_000;
/** A run takes some 2,000 steps in all. */
const REST_STEPS = 30_000;

/** Time passes with this weight while nothing else happens; a wish begins with about 1. */
const IDLE_WEIGHT = 0.4;
/** How far (ms) past the next timer a machine may be late, and how often. */
const LEAPS: Leaps = [
  [0, 4],
  [50, 1],
  [300, 2],
  [2_000, 3],
  [6_000, 2],
  [17_000, 0.7],
  [40_000, 0.3],
];
/** When all that is left is waiting for time-outs. */
const LONG_LEAPS: Leaps = [
  [0, 1],
  [2_000, 2],
  [6_000, 3],
  [13_000, 1],
];
type Leaps = readonly (readonly [number, number])[];

/** A planted bug, as the simulator takes it in. */
export interface Planted {
  readonly parts?: Partial<Parts>;
  readonly tamper?: Tamper;
}

export interface RunReport {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly crashes: number;
  readonly faults: number;
  readonly steps: number;
  readonly generations: number;
  /** Equal for equal traces. */
  readonly digest: string;
  /** The end of the trace. */
  readonly tail: readonly string[];
  /** Port and fault → how often. */
  readonly sites: ReadonlyMap<string, number>;
}

/** One run: a storm in which anything may fail anywhere, a calm in which all recovers, the checks. */
export class World {
  private readonly trace: Trace;
  private readonly random: Random;
  private readonly scheduler: Scheduler;
  private readonly observer: Observer;
  private readonly upstreams: UpstreamWorld;
  private readonly cluster: Cluster;
  private readonly outside: Outside;
  private accounts: Account[] = [];
  private people!: People;

  constructor(
    private readonly physical: PhysicalDatabase,
    private readonly seed: number,
    planted: Planted = {},
    traceLines?: number,
  ) {
    this.trace = new Trace(traceLines);
    this.random = new Random(seed);
    this.scheduler = new Scheduler(this.random, this.trace, () => physical.upkeep());
    this.upstreams = new UpstreamWorld(this.random, (id, name) => this.attemptsOf(id, name));
    this.observer = new Observer(this.trace, this.upstreams);
    this.cluster = new Cluster(this.random, this.scheduler, () => this.outside);
    this.outside = {
      scheduler: this.scheduler,
      physical,
      witness: this.observer,
      tamper: planted.tamper ?? null,
      bucket: new Bucket(),
      upstreams: this.upstreams,
      maxCount: this.random.pick([1, 2, 4]),
      cluster: () => this.cluster.living,
      parts: { ...PARTS, ...planted.parts },
    };
  }

  async run(): Promise<RunReport> {
    clock.reset(nextEvening() + this.random.below(60) * 60_000);
    try {
      await this.setUp();
      await this.storm();
      if (!this.isBroken) await this.calm();
      if (!this.isBroken) await this.check();
    } catch (error) {
      this.observer.report(`the run broke: ${(error as Error).stack ?? String(error)}`);
    }
    await this.clear();
    const { crashes, faults, sites } = this.scheduler;
    const { steps, digest, tail } = this.trace;
    const { violations, accepted } = this.observer;
    const generations = accepted.length;
    return {
      seed: this.seed,
      violations,
      crashes,
      faults,
      steps,
      generations,
      digest,
      tail,
      sites,
    };
  }

  private get isBroken(): boolean {
    return this.observer.violations.length > 0;
  }

  private get accountIds(): string[] {
    return this.accounts.map(({ id }) => id);
  }

  private async setUp(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      const account = {
        id: randomUUID(),
        keys: [randomUUID(), randomUUID()],
        granted: BigInt(this.random.between(6, 80)) * 1000n,
      };
      const { id, keys, granted } = account;
      await this.physical.ask('SELECT sim.open_account($1, $2, $3)', [id, keys, granted]);
      this.trace.name(id, `a${i}`);
      keys.forEach((key, k) => this.trace.name(key, `a${i}k${k}`));
      this.accounts.push(account);
    }
    const wishes = drawWishes(this.random, this.accounts, randomUUID());
    const { random, scheduler, cluster, observer, physical, accounts } = this;
    this.people = new People(random, scheduler, cluster, observer, physical, accounts, wishes);
    await this.people.publishCatalog();
    this.scheduler.weather = drawWeather(this.random);
  }

  private async storm(): Promise<void> {
    let goesOn = true;
    for (let step = 0; step < STORM_STEPS && goesOn && !this.isBroken; step++) {
      const { isIdle, weather } = this.scheduler;
      const time = isIdle ? IDLE_WEIGHT : weather.slowCall;
      await this.choose([
        ...this.scheduler.choices(),
        ...this.cluster.events(),
        ...this.people.events(),
        { weight: time, run: () => this.letTimePass(this.people.areAsking ? LEAPS : LONG_LEAPS) },
      ]);
      await this.scheduler.tidy();
      if (this.random.chance(0.003)) await this.checkNow(false);
      // What was accepted goes on when nobody asks any more.
      if (this.people.areDone) goesOn = this.random.chance(0.99);
    }
  }

  private choose(choices: readonly Choice[]): Promise<void> {
    const chosen = this.random.weighted(choices.map((choice) => [choice, choice.weight] as const));
    return chosen.run();
  }

  /** To the next timer, or past it as a busy machine would. */
  private async letTimePass(leaps: Leaps): Promise<void> {
    const next = clock.nextDue();
    const least = next === null ? 500 : Math.max(0, next - clock.nowMs);
    const more = this.random.weighted(leaps);
    await this.scheduler.advance(Math.ceil(least) + more);
  }

  /** No more faults: some stopped processes come back at once, the others when all seems over. */
  private async calm(): Promise<void> {
    this.scheduler.note('calm');
    this.scheduler.weather = CALM;
    this.upstreams.trouble = 0;
    await this.cluster.thawSome(0.5);
    await this.cluster.refresh();
    await this.rest();
    await this.cluster.thawSome(1);
    await this.rest();
    await this.letLeasesEnd();
    await this.people.askAgain();
    await this.rest();
  }

  /** Until everybody knows of the dead. */
  private async letLeasesEnd(): Promise<void> {
    for (let i = 0; i < 2; i++) {
      await this.scheduler.advance(12_000);
      await this.rest();
    }
  }

  /** Runs until nothing is open; up to a limit in simulated time, and one for what turns in a circle without any. */
  private async rest(): Promise<void> {
    const end = clock.nowMs + REST_MS;
    for (let step = 0; clock.nowMs < end && step < REST_STEPS; step++) {
      const choices = this.scheduler.choices();
      if (choices.length > 0) await this.choose(choices);
      else if (await this.isAtRest()) return;
      else await this.letTimePass(LONG_LEAPS);
    }
    this.observer.report(`no rest within ${REST_MS / 60_000} minutes and ${REST_STEPS} steps`);
  }

  private async isAtRest(): Promise<boolean> {
    if (!this.people.areHeard || this.cluster.workers.length === 0) return false;
    const open = await this.physical.ask(
      `SELECT 1 FROM generations WHERE account_id = ANY ($1) AND finished_at IS NULL LIMIT 1`,
      [this.accountIds],
    );
    return open.length === 0;
  }

  private async check(): Promise<void> {
    await this.checkNow(true);
    const broken = await checkTruths({
      database: this.physical,
      bucket: this.outside.bucket,
      trace: this.trace,
      accountIds: this.accountIds,
      wishes: this.people.wishes,
      calls: this.upstreams.calls,
      maxCount: this.outside.maxCount,
      generationOf: this.observer.generationOf,
      blind: this.observer.blind,
    });
    for (const violation of broken) this.observer.report(violation);
  }

  private async checkNow(atRest: boolean): Promise<void> {
    for (const broken of await checkInvariants(this.physical, this.accountIds, atRest)) {
      this.observer.report(broken);
    }
  }

  private async attemptsOf(generationId: string, upstream: string): Promise<number> {
    const [{ count }] = await this.physical.ask<{ count: number }>(
      `SELECT count(*)::int AS count FROM attempts WHERE generation_id = $1 AND upstream = $2`,
      [generationId, upstream],
    );
    return count;
  }

  /** The next run shares the database and must not take up what a broken one left. */
  private async clear(): Promise<void> {
    await this.cluster.end();
    await this.physical.ask('DELETE FROM workers');
    await this.physical.ask(
      `UPDATE generations SET status = 'failed', finished_at = now() WHERE finished_at IS NULL`,
    );
  }
}

let evenings = 0;

/**
 * An hour before midnight, so that days end while work is in flight; a later
 * one for each run of this process, because ids rise with time.
 */
function nextEvening(): number {
  evenings += 1;
  return Date.UTC(2026, 7, evenings, 23);
}
