/** Kept with each generation made here; `GenerationLines` numbers them by it. */
export const SURFACE = 'rest-images';

/** `provider:model`, all of them aliases in the catalog. */
export const MODEL_IDS = [
  'openai:gpt-image-1.5',
  'openai:gpt-image-2',
  'google:gemini-2.5-flash-image',
  'google:gemini-3.1-flash-image-preview',
  'google:gemini-3-pro-image-preview',
] as const;
export type ModelId = (typeof MODEL_IDS)[number];

export const PROVIDER_IDS = ['openai', 'google'] as const;
export type ProviderId = (typeof PROVIDER_IDS)[number];

/** The first one is the default. */
export const ASPECT_RATIOS = ['1:1', '3:2', '2:3', '16:9', '9:16', '4:3', '3:4', '21:9'] as const;
export type AspectRatio = (typeof ASPECT_RATIOS)[number];

export const THINKING_LEVELS = ['default', 'deep'] as const;
export type ThinkingLevel = (typeof THINKING_LEVELS)[number];

export const TRANSACTION_TYPES = ['addition', 'deduction', 'refund'] as const;
export type TransactionType = (typeof TRANSACTION_TYPES)[number];

export const PROMPT_MAX = 2000;
export const STYLE_MAX = 10_000;
export const PAGE_LIMIT = { usual: 20, max: 100 } as const;
