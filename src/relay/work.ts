import type { ResolvedRequest } from '../models/index.js';
import type { GenerationMode } from './generation.js';
import type { PreviewFeed } from './preview-feed.js';

/** A leased generation, as the one who works on it needs it. */
export interface Work {
  readonly id: string;
  readonly accountId: string;
  /** The fence: every statement about this generation carries it. */
  readonly token: string;
  readonly mode: GenerationMode;
  readonly request: ResolvedRequest;
  /** Permille of list price. */
  readonly priceFactor: number;
  /** Thousandths held per image; no image ever costs more. */
  readonly unit: bigint;
  /** Takes the previews on the way; absent where nobody waits for any. */
  readonly previews?: PreviewFeed;
  /** Time left for all attempts together, ms. */
  readonly remainingMs: number;
  /** Upstreams that attempts of earlier holders may have reached. */
  readonly sentBefore: readonly string[];
}
