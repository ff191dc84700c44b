import type { RelayCommand } from './generation.js';

/** An answer that was sent whole, on a connection that its reader closed right behind it. */
export interface Doubt {
  readonly id: string;
  readonly delivery: number;
}

/** A client that repeats by itself does so within seconds. */
const MEMORY_MS = 30_000;
const MAX_DOUBTS = 10_000;

type Asked = Pick<RelayCommand, 'apiKeyId' | 'fingerprint'>;

/**
 * Answers that may not have been read: a proxy that dies behind the last byte and
 * a script that is done with it look the same. Only a request that calls itself
 * a repeat settles it. In memory, for half a minute: nothing is written for
 * scripts.
 */
export class Doubts {
  private readonly open = new Map<number, Doubt & { readonly name: string; readonly at: number }>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  add(asked: Asked, doubt: Doubt): void {
    this.forgetOld();
    if (this.open.size >= MAX_DOUBTS) return;
    this.open.set(doubt.delivery, { ...doubt, name: nameOf(asked), at: this.now() });
  }

  /** The oldest doubt about an answer to an equal request; it is settled with this. */
  take(asked: Asked): Doubt | null {
    this.forgetOld();
    const name = nameOf(asked);
    for (const doubt of this.open.values()) {
      if (doubt.name !== name) continue;
      this.open.delete(doubt.delivery);
      return doubt;
    }
    return null;
  }

  private forgetOld(): void {
    const oldest = this.now() - MEMORY_MS;
    for (const { at, delivery } of this.open.values()) {
      if (at >= oldest) return;
      this.open.delete(delivery);
    }
  }
}

function nameOf({ apiKeyId, fingerprint }: Asked): string {
  return `${apiKeyId} ${fingerprint.toString('base64')}`;
}
