import { clock } from './clock.js';
import type { Answer, Try, Wish } from './customers.js';
import type { PhysicalDatabase } from './physical-database.js';
import { nameOf, type Bucket } from './storage-port.js';
import type { Trace } from './trace.js';
import { isRepeatable } from './upstream-plans.js';
import type { Call } from './upstream-world.js';

interface GenerationFacts {
  readonly id: string;
  readonly accountId: string;
  readonly requestId: string;
  readonly status: string;
  readonly count: number;
  readonly captured: bigint;
  readonly fingerprint: Buffer;
  readonly retryable: boolean;
  readonly attempts: readonly string[];
  /** ms of the run. */
  readonly createdMs: number;
  readonly finishedMs: number;
}

interface AssetFacts {
  readonly id: string;
  readonly accountId: string;
  readonly generationId: string;
  readonly sha256: string;
  /** Otherwise it came too late and is kept, for nobody's money. */
  readonly delivered: boolean;
}

/** Everything a run left behind, and what people were told. */
export interface Remains {
  readonly database: PhysicalDatabase;
  readonly bucket: Bucket;
  readonly trace: Trace;
  readonly accountIds: readonly string[];
  readonly wishes: readonly Wish[];
  readonly calls: readonly Call[];
  /** Images per upstream call. */
  readonly maxCount: number;
  /** The generation that a request made or joined, by its id. */
  readonly generationOf: ReadonlyMap<string, string>;
  /** Requests accepted by a process that had no lease, and so takes nobody for dead. */
  readonly blind: ReadonlySet<string>;
}

/** Whether every answer that a customer saw is true, and every picture there. */
export async function checkTruths(remains: Remains): Promise<string[]> {
  const truths = new Truths(remains, await generationsOf(remains), await assetsOf(remains));
  return truths.check();
}

const LEASE_MS = 15_000;
/** A lease is renewed at the latest this long before the dead are known to be dead. */
const UNKNOWN_MS = 10_000;
/** Until the dead are noticed. */
const POLL_MS = 5_000;
/** A lost answer is kept for a repeat this long. */
const JOIN_MS = 15 * 60_000;

/** Answers that do not say how it ended. */
const UNDECIDED: ReadonlySet<string> = new Set([
  'generation_in_progress',
  'database_unavailable',
  'idempotency_in_progress',
]);

class Truths {
  private readonly broken: string[] = [];
  private readonly byId: ReadonlyMap<string, GenerationFacts>;
  private readonly byRequest = new Map<string, GenerationFacts[]>();
  private readonly callsOf = new Map<string, Call[]>();

  constructor(
    private readonly remains: Remains,
    generations: readonly GenerationFacts[],
    private readonly assets: readonly AssetFacts[],
  ) {
    this.byId = new Map(generations.map((generation) => [generation.id, generation]));
    for (const generation of generations) push(this.byRequest, generation.requestId, generation);
    for (const call of remains.calls) push(this.callsOf, call.generationId, call);
  }

  check(): string[] {
    this.checkObjects();
    for (const generation of this.byId.values()) this.checkCalls(generation);
    for (const wish of this.remains.wishes) this.checkTries(wish);
    this.checkKeys();
    return this.broken;
  }

  private say(violation: string): void {
    this.broken.push(violation);
  }

  private checkObjects(): void {
    const names = new Set<string>();
    const pictures = new Set<string>();
    for (const { id, accountId, generationId, sha256, delivered } of this.assets) {
      const name = nameOf({ accountId, assetId: id });
      const found = this.remains.bucket.sha256(name);
      const whose = this.remains.trace.nameOf(generationId);
      if (found === null) this.say(`an asset of ${whose} is not in the store`);
      else if (found !== sha256) this.say(`an asset of ${whose} is another picture in the store`);
      if (names.has(name)) this.say(`two assets share the object ${name}`);
      names.add(name);
      if (!delivered) continue;
      if (pictures.has(generationId + sha256)) this.say(`${whose} has one picture twice`);
      pictures.add(generationId + sha256);
    }
  }

  /** What left for upstreams was announced before, and nothing was bought twice. */
  private checkCalls({ id, count, attempts, status }: GenerationFacts): void {
    const calls = this.callsOf.get(id) ?? [];
    const name = this.remains.trace.nameOf(id);
    for (const upstream of new Set(calls.map((call) => call.upstream))) {
      const here = calls.filter((call) => call.upstream === upstream);
      if (here.some(({ attemptsBefore }) => attemptsBefore === 0)) {
        this.say(`${name} was sent to ${upstream} before its attempt was written`);
      }
      const rows = attempts.filter((other) => other === upstream).length;
      const most = rows * Math.ceil(count / this.remains.maxCount);
      if (here.length > most)
        this.say(`${name}: ${here.length} calls to ${upstream}, ${rows} rows`);
      const bought = here.filter(({ billed }) => billed).reduce((sum, call) => sum + call.count, 0);
      if (bought > count && !isRepeatable(upstream)) {
        this.say(`${name}: ${bought} images bought at ${upstream} for ${count} asked`);
      }
    }
    const isKept = calls.some(({ task }) => task?.state !== 'canceled');
    if (status === 'canceled' && isKept) this.say(`${name} is canceled though it was sent`);
  }

  private checkTries(wish: Wish): void {
    for (const made of wish.tries) {
      const own = this.byRequest.get(made.requestId) ?? [];
      if (own.length > 1) this.say(`${made.requestId} made ${own.length} generations`);
      if (made.generationId !== null) this.checkIdentity(made, made.generationId);
      if (made.answer) this.checkAnswer(made, made.answer, own);
    }
    if (wish.idempotencyKey === null && wish.mayJoin) this.checkRepeats(wish);
  }

  private checkIdentity({ requestId, wish }: Try, id: string): void {
    const generation = this.byId.get(id);
    if (!generation) return this.say(`${requestId} was promised a generation that is not there`);
    if (!generation.fingerprint.equals(wish.fingerprint)) {
      this.say(`${requestId} was given the generation of another request`);
    }
  }

  private checkAnswer(made: Try, answer: Answer, own: readonly GenerationFacts[]): void {
    if (answer.kind === 'images') this.checkImages(made.requestId, answer);
    if (answer.kind !== 'failure') return;
    const { requestId } = made;
    if (answer.bug !== null) this.say(`${requestId} was answered 500: ${answer.bug}`);
    if (answer.retryable) this.checkRetryable(made, answer, own);
    const named = answer.generationId && this.byId.get(answer.generationId);
    const open = UNDECIDED.has(answer.code);
    if (!named || open) return;
    if (named.status === 'succeeded') {
      this.say(`${requestId} was told ${answer.code}, but ${this.nameOf(named)} succeeded`);
    }
  }

  private checkImages(
    requestId: string,
    { generationId, captured, sha256 }: Extract<Answer, { kind: 'images' }>,
  ): void {
    const generation = this.byId.get(generationId);
    if (generation?.status !== 'succeeded' || generation.captured !== captured) {
      this.say(`${requestId} saw ${captured} charged, the row says ${generation?.captured}`);
    }
    const kept = this.assets.filter(
      (asset) => asset.delivered && asset.generationId === generationId,
    );
    const hashes = kept.map((asset) => asset.sha256).sort();
    if (hashes.join() !== [...sha256].sort().join()) {
      this.say(
        `${requestId} saw other pictures than ${this.remains.trace.nameOf(generationId)} has`,
      );
    }
  }

  /** "Retry" is said only where no byte reached an upstream and nothing will be charged. */
  private checkRetryable(
    { requestId, wish }: Try,
    { generationId, code }: Extract<Answer, { kind: 'failure' }>,
    own: readonly GenerationFacts[],
  ): void {
    // With an Idempotency-Key a retry joins what an unknown commit may have begun.
    if (wish.idempotencyKey !== null && UNDECIDED.has(code)) return;
    const hidden = wish.idempotencyKey === null ? own : [];
    const named = generationId ? this.byId.get(generationId) : undefined;
    for (const generation of named ? [named] : hidden) {
      const name = this.nameOf(generation);
      if (generation.captured > 0n) {
        this.say(`${requestId} was told to retry (${code}), but ${name} was charged`);
      }
      if (this.callsOf.has(generation.id)) {
        this.say(`${requestId} was told to retry (${code}), but ${name} reached an upstream`);
      }
    }
  }

  /**
   * A request whose process died, sent again when everybody knew of the death,
   * gets the generation of the first and is not charged twice. (What ended before
   * the death, or so soon after it that the dead might still have lived for all
   * that others know, may have been delivered.)
   */
  private checkRepeats({ tries }: Wish): void {
    for (let i = 1; i < tries.length; i++) {
      const [first, second] = [tries[i - 1], tries[i]];
      const before = this.byId.get(this.remains.generationOf.get(first.requestId) ?? '');
      const after = this.byId.get(second.generationId ?? '');
      if (!before || !after || !isOwed(before, first, second)) continue;
      if (this.remains.blind.has(second.requestId)) continue;
      if (tries.slice(0, i).some((other) => this.wasHeard(other, before.id))) continue;
      this.say(`${second.requestId} paid again for ${this.nameOf(before)}, whose answer was lost`);
    }
  }

  private wasHeard({ answer }: Try, generationId: string): boolean {
    return answer?.kind === 'images' && answer.generationId === generationId;
  }

  /** Of the generations of one key only the last may be more than a failure that freed it. */
  private checkKeys(): void {
    const byKey = new Map<string, Set<GenerationFacts>>();
    for (const { idempotencyKey, account, tries } of this.remains.wishes) {
      if (idempotencyKey === null) continue;
      const made = tries.flatMap(({ requestId }) => this.byRequest.get(requestId) ?? []);
      const known = byKey.get(account.id + idempotencyKey) ?? new Set();
      for (const generation of made) known.add(generation);
      byKey.set(account.id + idempotencyKey, known);
    }
    for (const generations of byKey.values()) {
      const sorted = [...generations].sort((a, b) => (a.id < b.id ? -1 : 1));
      const kept = sorted.filter(({ status, retryable }) => status !== 'failed' || !retryable);
      if (kept.length <= 1) continue;
      this.say(`one Idempotency-Key made ${kept.map((one) => this.nameOf(one)).join(' and ')}`);
    }
  }

  private nameOf({ id, status, captured }: GenerationFacts): string {
    return `${this.remains.trace.nameOf(id)} (${status}, ${captured})`;
  }
}

/** Whether everybody could know, when it was asked again, that this answer had been lost. */
function isOwed(generation: GenerationFacts, first: Try, second: Try): boolean {
  return (
    first.answer?.kind === 'lost' &&
    !second.replayed &&
    generation.status === 'succeeded' &&
    generation.finishedMs > first.heardMs + UNKNOWN_MS &&
    second.askedMs - first.heardMs > LEASE_MS + POLL_MS &&
    second.askedMs - generation.createdMs < JOIN_MS
  );
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function generationsOf({ database, accountIds }: Remains): Promise<GenerationFacts[]> {
  return database.ask(
    `SELECT g.id, g.account_id AS "accountId", i.request_id AS "requestId", g.status, g.count,
            g.captured, g.fingerprint, coalesce((g.error ->> 'retryable')::boolean, false) AS retryable,
            ARRAY(SELECT a.upstream FROM attempts a WHERE a.generation_id = g.id) AS attempts,
            (extract(epoch FROM g.created_at) * 1000)::float8 - $2 AS "createdMs",
            (extract(epoch FROM g.finished_at) * 1000)::float8 - $2 AS "finishedMs"
       FROM generations g JOIN generation_inputs i ON i.generation_id = g.id
      WHERE g.account_id = ANY ($1)`,
    [accountIds, clock.epochMs],
  );
}

/** Delivered ones, and those that came too late and are kept. */
function assetsOf({ database, accountIds }: Remains): Promise<AssetFacts[]> {
  return database.ask(
    `SELECT id, account_id AS "accountId", generation_id AS "generationId", sha256,
            true AS delivered FROM assets
      WHERE account_id = ANY ($1) AND kind = 'output'
     UNION ALL
     SELECT asset_id, account_id, generation_id, sha256, false FROM late_results
      WHERE account_id = ANY ($1)`,
    [accountIds],
  );
}
