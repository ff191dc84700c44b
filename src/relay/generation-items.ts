import type { GenerationMode, RelayCommand } from './generation.js';
import type { PublicFailure } from './failure.js';
import type { RecordedUsage } from './usage-estimate.js';

export interface AcceptItem {
  readonly id: string;
  readonly command: RelayCommand;
  readonly mode: GenerationMode;
  /** Thousandths: per image and in all; 0 for test and demo. */
  readonly unit: bigint;
  readonly hold: bigint;
  readonly deadlineSeconds: number;
  readonly workerId: string;
  /** Which of this process's answers it will be; null when none is owed. */
  readonly delivery: number | null;
  /** Null: accepted as pending, for whoever claims it. */
  readonly lease: { token: string; attemptId: string; upstream: string } | null;
}

export type AcceptVerdict =
  | 'ok'
  | 'duplicate'
  | 'joined'
  | 'key_reused'
  | 'balance'
  | 'concurrency'
  | 'images_day'
  | 'credits_day'
  | 'credits_month'
  | 'key_revoked'
  | 'account_suspended'
  | 'catalog_superseded';

export interface AcceptAnswer {
  readonly verdict: AcceptVerdict;
  readonly generationId: string;
  readonly scope: 'account' | 'key' | null;
}

/** An answer that let nothing through. */
export type Refusal = AcceptAnswer & {
  readonly verdict: Exclude<AcceptVerdict, 'ok' | 'duplicate' | 'joined'>;
};

/** Otherwise the generation is in: made now, or by an earlier request that this one repeats. */
export function isRefusal(answer: AcceptAnswer): answer is Refusal {
  return !['ok', 'duplicate', 'joined'].includes(answer.verdict);
}

/** An output image to be recorded; credits in thousandths. */
export interface AssetRow {
  readonly id: string;
  readonly ordinal: number;
  readonly sha256: string;
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly credits: string;
  readonly linkToken: string;
  /** Its link at the upstream, where that may be shown. */
  readonly sourceUrl?: string;
}

export interface AttemptOutcome {
  readonly id: string;
  readonly state: 'succeeded' | 'failed' | 'unknown';
  readonly failure: string | null;
  readonly httpStatus: number | null;
  readonly detail: string | null;
  readonly images: number;
}

export interface SettleItem {
  readonly id: string;
  readonly accountId: string;
  readonly token: string;
  readonly status: 'succeeded' | 'failed' | 'canceled';
  readonly assets: readonly AssetRow[];
  readonly error: PublicFailure | null;
  readonly usage: RecordedUsage | null;
  readonly attempt: AttemptOutcome | null;
}

export type SettleVerdict = 'ok' | 'fenced' | 'missing';
