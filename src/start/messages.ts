import type { ConnectionSettings } from '../database/index.js';
import type { Presence } from './serve.js';

/** What the primary process tells one it has forked. */
export type ToChild =
  | { readonly kind: 'serve'; readonly name: string; readonly connection: ConnectionSettings }
  /** Drain and exit. */
  | { readonly kind: 'stop' }
  /** Another of the processes was asked whether it is ready. */
  | { readonly kind: 'probed' }
  /** Send your samples. */
  | { readonly kind: 'sample'; readonly id: number }
  /** The answer to `scrape`. */
  | { readonly kind: 'scraped'; readonly id: number; readonly text: string };

/** What a forked process tells the primary. */
export type ToPrimary =
  /** It can hear: what was sent before is lost. */
  | { readonly kind: 'here' }
  | { readonly kind: 'serving'; readonly presence: Presence }
  /** It will exit; the reason is in words for the operator. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'probed' }
  | { readonly kind: 'sampled'; readonly id: number; readonly text: string }
  /** Somebody reads metrics here and wants everybody's. */
  | { readonly kind: 'scrape'; readonly id: number };
