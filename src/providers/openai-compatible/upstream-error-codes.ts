import type { ProviderFailure } from '../image-provider.js';

/** Compared without case and punctuation, since relays spell OpenAI's codes as they like. */
const CODES: Readonly<Partial<Record<ProviderFailure, readonly string[]>>> = {
  refused: [
    'moderation_blocked',
    'content_policy_violation',
    'content_filter',
    'content_moderation',
    'image_generation_user_error',
    'prompt_blocked',
    'responsible_ai_policy_violation',
    'safety_violation',
    'sensitive_words_detected',
    'data_inspection_failed',
  ],
  quota: [
    'insufficient_quota',
    'billing_hard_limit_reached',
    'billing_not_active',
    'insufficient_user_quota',
    'pre_consume_token_quota_failed',
    'insufficient_balance',
    'insufficient_credits',
    'payment_required',
  ],
  auth: [
    'invalid_api_key',
    'incorrect_api_key',
    'api_key_invalid',
    'invalid_authentication',
    'authentication_error',
    'account_deactivated',
    'unauthenticated',
  ],
  rate_limited: [
    'rate_limit_exceeded',
    'rate_limit_error',
    'too_many_requests',
    'resource_exhausted',
  ],
};

const FAILURE_BY_CODE = new Map(
  Object.entries(CODES).flatMap(([failure, codes]) =>
    codes.map((code) => [plain(code), failure as ProviderFailure] as const),
  ),
);

/** A word of the upstream's own; anything else may be a sentence that quotes the prompt. */
const IDENTIFIER = /^[A-Za-z0-9_.:-]{1,64}$/;
const KEY_LIKE = /\bsk-[\w-]+|\bkey-[\w-]{8,}/gi;
const MAX_MESSAGE = 200;

/**
 * Every code an error document names, most telling first: `error.code`, its
 * inner error, `error.type`, `error.status`, the same on the document itself, or
 * `error` as a word. Never a message: it may quote the prompt.
 */
export function errorCodes(document: unknown): string[] {
  const top = asRecord(document);
  const error = asRecord(top['error']);
  const inner = asRecord(error['innererror'] ?? error['inner_error']);
  const found = [
    error['code'],
    inner['code'],
    error['type'],
    error['status'],
    top['error'],
    top['code'],
    top['type'],
    asRecord(top['detail'])['code'],
  ];
  return found
    .filter((code) => typeof code === 'string' || typeof code === 'number')
    .map(String)
    .filter((code) => IDENTIFIER.test(code));
}

/** What the codes alone say, or null. Policy beats money beats keys beats pace. */
export function failureOfCodes(codes: readonly string[]): ProviderFailure | null {
  const failures = new Set(codes.map((code) => FAILURE_BY_CODE.get(plain(code))));
  const order = ['refused', 'quota', 'auth', 'rate_limited'] as const;
  return order.find((failure) => failures.has(failure)) ?? null;
}

/** Fit for an operator's eyes: no key, no control character, at most 200 characters. */
export function masked(text: string): string {
  return text
    .replace(KEY_LIKE, '…')
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_MESSAGE);
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function plain(code: string): string {
  return code.toLowerCase().replace(/[^a-z0-9]/g, '');
}
