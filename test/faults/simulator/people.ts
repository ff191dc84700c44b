import type { Choice, Scheduler } from './scheduler.js';
import { clock } from './clock.js';
import type { Cluster } from './cluster.js';
import { type Account, type Answer, ask, fetchById, type Wish } from './customers.js';
import type { Incarnation } from './incarnation.js';
import type { Observer } from './observer.js';
import { ban, correct, type Correction, drawCorrection } from './operators.js';
import type { PhysicalDatabase } from './physical-database.js';
import type { Random } from './random.js';

const BURST = 8;

/** Everybody outside: customers with their wishes, operators with their corrections. */
export class People {
  private readonly corrections: Correction[] = [];
  /** Who is asked for how much that has not been answered. */
  private readonly asked = new Map<Incarnation, number>();
  private catalogVersion = 0;

  constructor(
    private readonly random: Random,
    private readonly scheduler: Scheduler,
    private readonly cluster: Cluster,
    private readonly observer: Observer,
    private readonly physical: PhysicalDatabase,
    private readonly accounts: readonly Account[],
    readonly wishes: readonly Wish[],
  ) {}

  get areDone(): boolean {
    return this.wishes.every(({ state }) => state === 'done');
  }

  /** Somebody is about to ask. */
  get areAsking(): boolean {
    return this.wishes.some(({ state }) => state === 'idle');
  }

  /** Nobody waits for an answer of a process that could give it. */
  get areHeard(): boolean {
    return [...this.asked].every(([{ frozen }, open]) => open === 0 || frozen);
  }

  events(): Choice[] {
    if (this.cluster.workers.length === 0) return [];
    const idle = this.wishes.filter(({ state }) => state === 'idle');
    return [
      { weight: idle.length > 0 ? 0.8 : 0, run: () => this.begin(this.random.pick(idle)) },
      { weight: idle.length > 0 ? 0.2 : 0, run: () => this.burst(this.random.pick(idle).account) },
      { weight: 0.04, run: () => this.cancelSomething() },
      { weight: 0.05, run: () => this.correctSomething() },
      { weight: 0.006, run: () => this.banSomething() },
      { weight: 0.004, run: () => this.publishCatalog() },
    ];
  }

  /** Customers who know no end fetch by id, or send their request again. */
  async askAgain(): Promise<void> {
    for (const wish of this.wishes) {
      const last = wish.tries.at(-1);
      if (!last) continue;
      const mayRepeat = wish.idempotencyKey !== null || wish.mayJoin;
      if (last.answer?.kind === 'lost' && mayRepeat) await this.begin(wish);
      else if (last.generationId) await this.fetch(wish, last.generationId);
    }
  }

  async publishCatalog(): Promise<void> {
    const [{ version }] = await this.physical.ask<{ version: number }>(
      'SELECT sim.publish_catalog() AS version',
    );
    this.observer.supersededAt.set(this.catalogVersion, clock.nowMs);
    this.catalogVersion = version;
    this.scheduler.note('a new catalog');
  }

  private async begin(wish: Wish): Promise<void> {
    const process = this.cluster.anyWorker();
    // A node that has not heard of the newest prices yet.
    const version = this.catalogVersion - (this.random.chance(0.1) ? 1 : 0);
    this.scheduler.note(`${wish.name} asks ${process.name}`);
    wish.triesLeft -= 1;
    this.count(process, 1);
    await this.scheduler.as(process, () => {
      const onLost = (requestId: string) => this.observer.lose(requestId);
      void ask(wish, process, version, onLost).then(({ requestId, answer }) => {
        this.count(process, -1);
        this.scheduler.note(`${requestId} hears ${describe(answer)}`);
        wish.state = this.wantsMore(wish, answer) ? 'idle' : 'done';
      });
    });
  }

  /** All at once, spread over the processes: what different keys of one account do to each other. */
  private async burst({ id }: Account): Promise<void> {
    const idle = this.wishes.filter(({ state, account }) => state === 'idle' && account.id === id);
    this.scheduler.note(`${idle.length} at once from ${this.scheduler.trace.nameOf(id)}`);
    for (const wish of idle.slice(0, BURST)) await this.begin(wish);
  }

  private wantsMore({ triesLeft }: Wish, answer: Answer | null): boolean {
    if (triesLeft <= 0 || answer === null) return false;
    if (answer.kind === 'failure') return answer.retryable || this.random.chance(0.2);
    return answer.kind === 'lost' || this.random.chance(0.1);
  }

  private count(process: Incarnation, change: number): void {
    this.asked.set(process, (this.asked.get(process) ?? 0) + change);
  }

  private async fetch(wish: Wish, generationId: string): Promise<void> {
    const process = this.cluster.anyWorker();
    const made = { ...wish.tries.at(-1)!, requestId: `${wish.name}.fetched`, generationId };
    await this.scheduler.as(process, () => {
      void fetchById(process, wish.account.id, generationId).then((answer) => {
        wish.tries.push({ ...made, replayed: true, answer });
      });
    });
  }

  private async cancelSomething(): Promise<void> {
    const { accepted } = this.observer;
    if (accepted.length === 0) return;
    const { id, accountId } = this.random.pick(accepted.slice(-8));
    const process = this.cluster.anyWorker();
    this.scheduler.note(`${this.scheduler.trace.nameOf(id)} is to be canceled at ${process.name}`);
    await this.scheduler.as(process, () => {
      process.relay.cancel(accountId, id).catch(() => undefined);
    });
  }

  private async correctSomething(): Promise<void> {
    const open = this.corrections.filter(
      ({ state, triesLeft }) => state === 'idle' && triesLeft > 0,
    );
    const isRepeat = open.length > 0 && this.random.chance(0.6);
    const correction = isRepeat ? this.random.pick(open) : await this.newCorrection();
    const process = this.cluster.anyWorker();
    correction.state = 'running';
    correction.triesLeft -= 1;
    this.scheduler.note(`${correction.kind} ${correction.reference} at ${process.name}`);
    await this.scheduler.as(process, () => {
      void correct(process, correction).then((isKnown) => {
        // Operators, too, press a button twice.
        correction.state = isKnown && this.random.chance(0.8) ? 'done' : 'idle';
      });
    });
  }

  private async newCorrection(): Promise<Correction> {
    const ended = await this.physical.ask<{ id: string; accountId: string }>(
      `SELECT id, account_id AS "accountId" FROM generations
        WHERE account_id = ANY ($1) AND captured > 0 ORDER BY id`,
      [this.accounts.map(({ id }) => id)],
    );
    const charged = ended.map(({ id, accountId }) => ({
      id,
      account: this.accounts.find((account) => account.id === accountId)!,
    }));
    const made = drawCorrection(this.random, this.accounts, charged, this.corrections.length);
    this.corrections.push(made);
    return made;
  }

  private async banSomething(): Promise<void> {
    const process = this.cluster.anyWorker();
    const account = this.random.pick(this.accounts);
    const kind = this.random.pick(['revoke', 'suspend', 'resume'] as const);
    const change =
      kind === 'revoke' ? { kind, keyId: this.random.pick(account.keys) } : { kind, account };
    this.scheduler.note(`${kind} of ${this.scheduler.trace.nameOf(account.id)} at ${process.name}`);
    await this.scheduler.as(process, () => void ban(process, change));
  }
}

function describe(answer: Answer | null): string {
  if (answer?.kind === 'images') return `${answer.sha256.length} images for ${answer.captured}`;
  if (answer?.kind === 'failure') return `${answer.code}${answer.retryable ? ', retry' : ''}`;
  return answer?.kind ?? 'nothing';
}
