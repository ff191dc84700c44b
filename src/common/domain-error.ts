/** Every code the platform can answer with. Clients match on these: add, never rename. */
export type DomainErrorCode =
  | 'invalid_value'
  | 'missing_required_parameter'
  | 'content_policy_violation'
  | 'invalid_api_key'
  | 'insufficient_credits'
  | 'insufficient_scope'
  | 'model_not_allowed'
  | 'ip_not_allowed'
  | 'origin_not_allowed'
  | 'paid_account_required'
  | 'not_found'
  | 'model_not_found'
  | 'method_not_allowed'
  | 'image_removed'
  | 'conflict'
  | 'idempotency_in_progress'
  | 'price_changed'
  | 'request_too_large'
  | 'unsupported_media_type'
  | 'idempotency_key_reused'
  | 'rate_limit_exceeded'
  | 'concurrency_limit_exceeded'
  | 'quota_exceeded'
  | 'internal_error'
  | 'upstream_unavailable'
  | 'upstream_invalid_response'
  | 'model_unavailable'
  | 'storage_unavailable'
  | 'database_unavailable'
  | 'draining'
  | 'generation_timeout'
  | 'generation_in_progress';

/** One field at fault, in the caller's own name for it. */
export interface FieldProblem {
  readonly param: string;
  /** Public, as a `DomainError`'s. */
  readonly message: string;
  readonly code: DomainErrorCode;
}

/** What a surface may tell the caller besides code and message. */
export interface DomainErrorFacts {
  /** The caller's own name for the field at fault, e.g. `size`. */
  readonly param?: string;
  /** Every field at fault, `param` the first, where a reader has looked at all of them. */
  readonly problems?: readonly FieldProblem[];
  /** Whole seconds after which the same call may succeed. */
  readonly retryAfterSeconds?: number;
  /** Overrides the code's default; see `isRetryable`. */
  readonly retryable?: boolean;
  readonly generationId?: string;
  /** Values or a rule the field accepts, for surfaces that list them apart. */
  readonly accepted?: readonly string[];
  /** The accepted value closest to what was sent. */
  readonly nearest?: string;
  /** For the log only: ids and amounts, never prompts, keys or image bytes. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
  readonly cause?: unknown;
}

/**
 * A failure the caller can understand and act on. Everything else is a bug or
 * an outage and stays an ordinary `Error`, which a surface answers with an
 * opaque 500.
 *
 * `message` is public: English, complete sentences, no path, stack, SQL or
 * upstream name. HTTP envelopes are a surface's business and do not appear here.
 */
export class DomainError extends Error {
  constructor(
    readonly code: DomainErrorCode,
    message: string,
    readonly facts: DomainErrorFacts = {},
  ) {
    super(message, { cause: facts.cause });
    this.name = DomainError.name;
  }

  /**
   * True only where a retry cannot be paid twice: 409 in progress, our own 429,
   * and 502/503 where no byte reached an upstream (design §8), which whoever
   * throws states through `facts.retryable`.
   */
  get isRetryable(): boolean {
    return this.facts.retryable ?? RETRYABLE_CODES.has(this.code);
  }
}

const RETRYABLE_CODES: ReadonlySet<DomainErrorCode> = new Set([
  'idempotency_in_progress',
  'rate_limit_exceeded',
  'concurrency_limit_exceeded',
  'quota_exceeded',
  'database_unavailable',
  'draining',
]);

/** Status numbers of the codes (design §8). A `Record`: a code nobody mapped does not compile. */
export const STATUS_OF_CODE: Readonly<Record<DomainErrorCode, number>> = {
  invalid_value: 400,
  missing_required_parameter: 400,
  content_policy_violation: 400,
  invalid_api_key: 401,
  insufficient_credits: 402,
  insufficient_scope: 403,
  model_not_allowed: 403,
  ip_not_allowed: 403,
  origin_not_allowed: 403,
  paid_account_required: 403,
  not_found: 404,
  model_not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  idempotency_in_progress: 409,
  price_changed: 409,
  image_removed: 410,
  request_too_large: 413,
  unsupported_media_type: 415,
  idempotency_key_reused: 422,
  rate_limit_exceeded: 429,
  concurrency_limit_exceeded: 429,
  quota_exceeded: 429,
  internal_error: 500,
  upstream_unavailable: 502,
  upstream_invalid_response: 502,
  model_unavailable: 503,
  storage_unavailable: 503,
  database_unavailable: 503,
  draining: 503,
  generation_timeout: 504,
  generation_in_progress: 504,
};

/** `invalid_value` with everything a caller needs to mend the request. */
export function invalidValue(
  param: string,
  problem: string,
  facts: Pick<DomainErrorFacts, 'accepted' | 'nearest'> = {},
): DomainError {
  const accepted = facts.accepted?.length ? ` Accepted: ${facts.accepted.join(', ')}.` : '';
  const nearest = facts.nearest ? ` Nearest accepted value: ${facts.nearest}.` : '';
  return new DomainError('invalid_value', `${problem}${accepted}${nearest}`, { param, ...facts });
}

/** Foreign and missing ids look alike, so this never says which it was. */
export function notFound(what: string): DomainError {
  return new DomainError('not_found', `No such ${what}.`);
}
