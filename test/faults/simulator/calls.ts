import type { Owner } from './clock.js';
import type { PortKind } from './faults.js';

/** A process of the simulated cluster: it dies once, and a new one takes its place. */
export interface Process extends Owner {
  alive: boolean;
  frozen: boolean;
  /** Called when it dies, outside of any owner's code. */
  onDeath(): void;
  /** Until it serves, it dies less often: most of what a boot does is the same every time. */
  readonly isBooting: boolean;
}

/** One call through a port; its effect is real, or a model's. */
export interface PortCall<T> {
  readonly owner: Process;
  readonly kind: PortKind;
  /** What is called, e.g. `relay_settle`. */
  readonly site: string;
  /** Whom it concerns, in the trace's names. */
  readonly subject: string;
  readonly effect: () => Promise<T>;
  /** The error instead of an answer; whether the caller can tell that the call had no effect. */
  readonly outage?: (isPlain: boolean) => unknown;
  /** The caller's own patience, ms; afterwards it gets the outage error while the call goes on. */
  readonly patienceMs?: number;
  /** Rejects the call at once with what it returns when aborted. */
  readonly abort?: { readonly signal: AbortSignal; readonly error: () => unknown };
  /** Something else must let a lock go first: it had no effect and is not chosen until then. */
  isBlockedBy?(error: unknown): boolean;
}

/** A call that has not been made yet. */
export interface Waiting {
  readonly call: PortCall<unknown>;
  readonly since: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  blocked: boolean;
  /** Nobody waits for it any more, but it is on its way. */
  ghost: boolean;
  forget?: () => void;
}

/** Something that may happen next. */
export interface Choice {
  readonly weight: number;
  readonly run: () => Promise<void>;
}
