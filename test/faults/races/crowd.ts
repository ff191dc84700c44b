import { createHash, randomUUID } from 'node:crypto';
import type { ResolvedRequest } from '../../../src/models/index.js';
import type { CapSet, RelayCommand } from '../../../src/relay/index.js';
import { PRICES, TIER_PIXELS } from '../simulator/customers.js';
import type { Random } from '../simulator/random.js';

export interface Racer {
  readonly id: string;
  readonly keys: readonly string[];
  /** Thousandths. */
  readonly granted: bigint;
  readonly caps: CapSet;
}

export const NO_LIMITS: CapSet = {
  concurrency: null,
  imagesPerDay: null,
  creditsPerDay: null,
  creditsPerMonth: null,
};

/** The models asked for: with room for all at once, and with hardly any. */
export const ROOMY = 'gpt-image-2';
export const NARROW = 'gpt-image-1.5';

/** Some can pay for few pictures, some are limited otherwise. */
export function drawRacers(random: Random): Racer[] {
  return Array.from({ length: 3 }, () => drawRacer(random));
}

export function drawRacer(random: Random): Racer {
  return {
    id: randomUUID(),
    keys: [randomUUID(), randomUUID()],
    granted: BigInt(random.pick([random.between(2, 16), 200])) * 1000n,
    caps: {
      ...NO_LIMITS,
      concurrency: random.chance(0.4) ? random.between(1, 5) : null,
      imagesPerDay: random.chance(0.3) ? random.between(3, 12) : null,
    },
  };
}

/** Requests that are sent at once: many of each account, some with one Idempotency-Key and two bodies. */
export function drawCrowd(
  random: Random,
  racers: readonly Racer[],
  size: number,
  catalogVersion: number,
): RelayCommand[] {
  const crowd: RelayCommand[] = [];
  for (let i = 0; i < size; i++) {
    const twin = crowd.find(({ idempotencyKey }) => idempotencyKey !== null && random.chance(0.2));
    crowd.push(twin ? again(random, twin) : toCommand(random, random.pick(racers), catalogVersion));
  }
  return crowd;
}

function again(random: Random, twin: RelayCommand): RelayCommand {
  if (random.chance(0.6)) return { ...twin, requestId: randomUUID() };
  return { ...twin, requestId: randomUUID(), fingerprint: drawPrint(random) };
}

function toCommand(random: Random, racer: Racer, catalogVersion: number): RelayCommand {
  const model = random.chance(0.6) ? ROOMY : NARROW;
  return {
    accountId: racer.id,
    apiKeyId: random.pick(racer.keys),
    mode: 'live',
    priceFactor: random.pick([1000, 777]),
    caps: { account: racer.caps, key: NO_LIMITS },
    surface: 'openai',
    profile: 'openai',
    visibility: 'private',
    request: toRequest(model, random.pick([1, 1, 2, 4]), catalogVersion),
    fingerprint: drawPrint(random),
    idempotencyKey: random.chance(0.4) ? randomUUID() : null,
    requestId: randomUUID(),
    delivery: { mayJoin: true, waits: true },
  };
}

function drawPrint(random: Random): Buffer {
  return createHash('sha256').update(`${random.unit()}`).digest();
}

export function toRequest(model: string, count: number, catalogVersion: number): ResolvedRequest {
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
    // Judged without a decoder: the race is about rows and objects, not pixels.
    parameters: { outputFormat: 'svg' },
    ignored: [],
    price: {
      kind: 'image',
      tier: '1k',
      quality: 'auto',
      tiers,
      tierPixels: TIER_PIXELS,
      surcharges: [],
    },
    deadlineSeconds: 60,
  };
}
