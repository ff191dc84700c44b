import type { Kind } from '../kinds.js';

/** Where a contender listens, and what it wants to hear. */
export interface Door {
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** So many requests at once, each worker's next one as soon as its last is answered and checked. */
export interface Job {
  readonly door: Door;
  readonly kind: Kind;
  readonly latencyMs: number;
  readonly concurrency: number;
  /** No request begins later; what has begun is waited for. */
  readonly seconds: number;
  /** Origin of the upstream stub. */
  readonly stub: string;
}

/** Readers that send a request and take no byte of the answer beyond its head. */
export interface Stall {
  readonly door: Door;
  readonly kind: Kind;
  readonly readers: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  /** Less the upstream's own time, request by request; null when the upstream was not asked. */
  readonly addedP50Ms: number | null;
  /** The first answer that was not the very bytes of the stub, in words. */
  readonly example: string | null;
  /** Some of those that were answered, to be followed when nothing is measured. */
  readonly links: readonly string[];
}

export type Order =
  | { readonly run: Job }
  | { readonly follow: readonly string[] }
  | { readonly stall: Stall }
  | { readonly release: true };

export type Reply =
  | { readonly result: LoadResult }
  | { readonly followed: { readonly example: string | null } }
  | { readonly stalled: number }
  | { readonly released: true }
  | { readonly failed: string };
