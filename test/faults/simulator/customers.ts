import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { DomainError } from '../../../src/common/domain-error.js';
import type { Caps, CapSet, Generation, RelayCommand } from '../../../src/relay/index.js';
import type { ResolvedRequest } from '../../../src/models/index.js';
import { succeededOrThrow, waitForAnswer } from '../../../src/surface-kit/waiting.js';
import { toFailure } from '../../../src/surface-kit/failure.js';
import { clock } from './clock.js';
import { ANSWER_SECONDS, type Incarnation } from './incarnation.js';
import type { Random } from './random.js';
import { MODELS, type ModelName } from './upstream-plans.js';

/** List prices of every model here, thousandths per image. */
export const PRICES = { '1k': 2000n, '2k': 4000n, '4k': 6000n } as const;
export const TIER_PIXELS = { '1k': 1_572_864, '2k': 4_194_304 } as const;

export interface Account {
  readonly id: string;
  readonly keys: readonly string[];
  readonly granted: bigint;
}

/** What a customer wants once, however often they have to ask for it. */
export interface Wish {
  readonly name: string;
  readonly account: Account;
  readonly keyId: string;
  readonly model: ModelName;
  readonly mode: 'live' | 'test';
  readonly count: number;
  readonly tier: '1k' | '2k';
  readonly factor: number;
  readonly caps: Caps;
  readonly idempotencyKey: string | null;
  readonly fingerprint: Buffer;
  /** Without a key: a repeat may have the answer that was lost. */
  readonly mayJoin: boolean;
  /** Asks and goes away without waiting. */
  readonly leaves: boolean;
  triesLeft: number;
  state: 'idle' | 'running' | 'done';
  readonly tries: Try[];
}

/** What somebody was told, which must be true for ever. */
export type Answer =
  | {
      readonly kind: 'images';
      readonly generationId: string;
      readonly captured: bigint;
      readonly sha256: readonly string[];
    }
  | {
      readonly kind: 'failure';
      readonly generationId: string | null;
      readonly code: string;
      readonly retryable: boolean;
      /** Not an error of the closed list: a bug shown as 500. */
      readonly bug: string | null;
    }
  | { readonly kind: 'lost' }
  | { readonly kind: 'left' };

/** One request on the wire. Its id stands on the generation it makes. */
export interface Try {
  readonly requestId: string;
  readonly wish: Wish;
  readonly catalogVersion: number;
  readonly askedMs: number;
  generationId: string | null;
  replayed: boolean;
  answer: Answer | null;
  /** When it was over for the customer. */
  heardMs: number;
}

const NO_LIMITS: CapSet = {
  concurrency: null,
  imagesPerDay: null,
  creditsPerDay: null,
  creditsPerMonth: null,
};

/** Bodies that are the same get the same fingerprint; two wishes of one key may differ in it. */
export function drawWishes(random: Random, accounts: readonly Account[], run: string): Wish[] {
  const wishes: Wish[] = [];
  const many = random.between(8, 30);
  for (let i = 0; i < many; i++) {
    const twin = wishes.length > 0 && random.chance(0.12) ? random.pick(wishes) : null;
    wishes.push(twin?.idempotencyKey ? again(random, twin, i) : drawWish(random, accounts, run, i));
  }
  return wishes;
}

function drawWish(random: Random, accounts: readonly Account[], run: string, i: number): Wish {
  const account = random.pick(accounts);
  const name = `w${i}`;
  const keyed = random.chance(0.6);
  return {
    name,
    account,
    keyId: random.pick(account.keys),
    model: random.pick(Object.keys(MODELS) as ModelName[]),
    mode: random.chance(0.06) ? 'test' : 'live',
    count: random.pick([1, 1, 2, 3, 4]),
    tier: random.pick(['1k', '2k'] as const),
    factor: random.pick([1000, 1000, 777]),
    caps: { account: drawLimits(random), key: NO_LIMITS },
    idempotencyKey: keyed ? `${run}-${name}` : null,
    fingerprint: createHash('sha256').update(`${run}-${name}`).digest(),
    mayJoin: random.chance(0.85),
    leaves: random.chance(0.12),
    triesLeft: random.between(1, 10),
    state: 'idle',
    tries: [],
  };
}

/** The same key again: the same body, or another one. */
function again(random: Random, wish: Wish, i: number): Wish {
  const other = random.chance(0.5);
  const name = `w${i}`;
  return {
    ...wish,
    name,
    ...(other
      ? { count: wish.count + 1, fingerprint: createHash('sha256').update(name).digest() }
      : {}),
    triesLeft: random.between(1, 6),
    tries: [],
  };
}

function drawLimits(random: Random): CapSet {
  if (random.chance(0.7)) return NO_LIMITS;
  return {
    concurrency: random.chance(0.5) ? random.between(1, 3) : null,
    imagesPerDay: random.chance(0.5) ? random.between(3, 12) : null,
    creditsPerDay: random.chance(0.3) ? BigInt(random.between(8, 30)) * 1000n : null,
    creditsPerMonth: null,
  };
}

/** Who wants to know that an answer did not reach its customer. */
export type OnLost = (requestId: string) => void;

/** Sends the wish to a process and keeps what comes of it; resolves when the try is over. */
export async function ask(
  wish: Wish,
  process: Incarnation,
  catalogVersion: number,
  onLost: OnLost,
): Promise<Try> {
  const requestId = `${wish.name}.${wish.tries.length}`;
  const made: Try = {
    requestId,
    wish,
    catalogVersion,
    askedMs: clock.nowMs,
    generationId: null,
    replayed: false,
    answer: null,
    heardMs: 0,
  };
  wish.tries.push(made);
  wish.state = 'running';
  const lost = process.died.then((): Answer => {
    onLost(requestId);
    return { kind: 'lost' };
  });
  made.answer = await Promise.race([converse(made, process, onLost), lost]);
  made.heardMs = clock.nowMs;
  return made;
}

/** What a surface does with a request, between the socket and the relay. */
async function converse(made: Try, process: Incarnation, onLost: OnLost): Promise<Answer> {
  const { relay } = process;
  try {
    const accepted = await relay.accept(toCommand(made)).catch((error: unknown) => {
      // Nobody heard whether it was accepted.
      onLost(made.requestId);
      throw error;
    });
    made.generationId = accepted.generationId;
    made.replayed = accepted.origin === 'replayed';
    const lose = () => {
      onLost(made.requestId);
      relay.answerLost(accepted);
    };
    if (made.wish.leaves) {
      lose();
      return { kind: 'left' };
    }
    const generation = await waitForAnswer(accepted, ANSWER_SECONDS).catch((error: unknown) => {
      if (error instanceof DomainError) lose();
      throw error;
    });
    return await read(process, succeededOrThrow(generation));
  } catch (error) {
    return toAnswer(error);
  }
}

/** Fetches a generation by its id, as a customer does who has lost the answer. */
export async function fetchById(
  process: Incarnation,
  accountId: string,
  id: string,
): Promise<Answer> {
  try {
    const generation = await process.relay.find(accountId, id);
    if (!generation) throw new Error(`generation ${id} cannot be found by its owner`);
    return await read(process, succeededOrThrow(generation));
  } catch (error) {
    return toAnswer(error);
  }
}

/** The 200: every picture read to its end, like a client that decodes its answer. */
async function read(process: Incarnation, generation: Generation): Promise<Answer> {
  const sha256: string[] = [];
  for (const image of generation.images) {
    const { stream } = await process.store.open(image);
    const hash = createHash('sha256')
      .update(await buffer(stream))
      .digest('hex');
    if (hash !== image.sha256) throw new Error(`asset ${image.assetId} is another picture`);
    sha256.push(hash);
  }
  const { captured } = generation.receipt;
  return { kind: 'images', generationId: generation.id, captured, sha256 };
}

function toAnswer(error: unknown): Answer {
  const { code, retryable, generationId } = toFailure(error);
  const bug = error instanceof DomainError ? null : String(error);
  return { kind: 'failure', generationId, code, retryable, bug };
}

function toCommand({ wish, requestId, catalogVersion }: Try): RelayCommand {
  return {
    accountId: wish.account.id,
    apiKeyId: wish.keyId,
    mode: wish.mode,
    priceFactor: wish.factor,
    caps: wish.caps,
    surface: 'openai',
    profile: 'openai',
    visibility: 'private',
    request: toRequest(wish, catalogVersion),
    fingerprint: wish.fingerprint,
    idempotencyKey: wish.idempotencyKey,
    requestId,
    delivery: { mayJoin: wish.mayJoin, waits: true },
  };
}

function toRequest({ model, count, tier }: Wish, catalogVersion: number): ResolvedRequest {
  const tiers = Object.fromEntries(
    Object.entries(PRICES).map(([name, credits]) => [name, credits.toString()]),
  );
  return {
    model,
    requestedModel: model,
    ownedBy: 'somebody',
    catalogVersion,
    operation: 'generate',
    prompt: 'a lighthouse',
    count,
    size: 'auto',
    // Containers of this kind are judged without a decoder, which would be a port of its own.
    parameters: { outputFormat: 'svg' },
    ignored: [],
    price: { kind: 'image', tier, quality: 'auto', tiers, tierPixels: TIER_PIXELS, surcharges: [] },
    deadlineSeconds: 90,
  };
}
