import type {
  AspectRatio,
  ModelId,
  ProviderId,
  ThinkingLevel,
  TransactionType,
} from './vocabulary.js';

/** Everything of an image but its bytes. `schemas.ts` documents these. */
export interface ImageMetadata {
  readonly id: string;
  readonly prompt: string;
  readonly modelId: ModelId;
  readonly providerId: ProviderId;
  readonly aspectRatio: AspectRatio;
  readonly style: string | null;
  readonly thinkingLevel: ThinkingLevel | null;
  readonly mediaType: string;
  /** Whole credits, rounded up. */
  readonly creditCost: number;
  readonly createdAt: string;
}

/** Where a page is, and of how much. */
export interface PageFacts {
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
}

export interface ListImagesResponse extends PageFacts {
  readonly images: readonly ImageMetadata[];
}

export interface AccountResponse {
  readonly userId: string;
  readonly email: string;
  /** Whole credits, rounded down. */
  readonly creditBalance: number;
}

export interface CreditTransaction {
  readonly id: string;
  /** Whole credits; negative for a deduction. */
  readonly amount: number;
  readonly type: TransactionType;
  readonly description: string | null;
  readonly referenceId: string | null;
  readonly createdAt: string;
}

export interface ListUsageResponse extends PageFacts {
  readonly transactions: readonly CreditTransaction[];
}
