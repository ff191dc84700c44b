import { DomainError, type DomainErrorCode } from '../common/domain-error.js';
import { ProviderError, type ProviderFailure } from '../providers/index.js';

/** What a failed generation tells its owner; stored on the row as it is. */
export interface PublicFailure {
  readonly code: DomainErrorCode;
  readonly message: string;
  /** True only where no byte reached an upstream: a retry cannot be paid twice. */
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | null;
}

const OUTCOME: Readonly<Record<ProviderFailure, { code: DomainErrorCode; message: string }>> = {
  refused: {
    code: 'content_policy_violation',
    message: 'The request was refused by the content policy of the model. Nothing was charged.',
  },
  invalid: {
    code: 'upstream_invalid_response',
    message: 'The model could not work on this request. Nothing was charged.',
  },
  auth: {
    code: 'model_unavailable',
    message: 'The model is not available at the moment. Nothing was charged.',
  },
  quota: {
    code: 'model_unavailable',
    message: 'The model is not available at the moment. Nothing was charged.',
  },
  rate_limited: {
    code: 'model_unavailable',
    message: 'The model is overloaded at the moment. Nothing was charged.',
  },
  unavailable: {
    code: 'upstream_unavailable',
    message: 'The model could not be reached or failed. Nothing was charged.',
  },
  interrupted: {
    code: 'upstream_unavailable',
    message: 'The connection to the model broke before a picture came. Nothing was charged.',
  },
  timeout: {
    code: 'generation_timeout',
    message: 'The model did not finish in time. Nothing was charged.',
  },
  malformed: {
    code: 'upstream_invalid_response',
    message: 'The model answered without a usable picture. Nothing was charged.',
  },
};

/** Seconds a customer is told to wait when the upstream named none. */
const DEFAULT_RETRY_AFTER = 5;

/**
 * @param failure of the last attempt
 * @param anySent whether any attempt of the generation may have reached an upstream
 */
export function toPublicFailure(
  { failure, facts }: ProviderError,
  anySent: boolean,
): PublicFailure {
  return {
    ...OUTCOME[failure],
    retryable: failure === 'unavailable' && !anySent,
    retryAfterSeconds:
      failure === 'rate_limited' ? (facts.retryAfterSeconds ?? DEFAULT_RETRY_AFTER) : null,
  };
}

/** For failures that are ours: storage, a deadline, a node that died. */
export function ownFailure(
  code: DomainErrorCode,
  message: string,
  retryable = false,
): PublicFailure {
  return { code, message: `${message} Nothing was charged.`, retryable, retryAfterSeconds: null };
}

/**
 * Whether another upstream may be asked (design §5): never after a refusal, and
 * not when the attempt may have been billed without us knowing, unless the
 * upstream is safe to repeat.
 */
export function mayFailOver({ failure, facts }: ProviderError, safeToRepeat: boolean): boolean {
  if (failure === 'refused') return false;
  const unknown = facts.sent && (failure === 'interrupted' || failure === 'timeout');
  return !unknown || safeToRepeat;
}

/** An attempt whose fate at the upstream nobody knows. */
export function isUnknown({ failure, facts }: ProviderError): boolean {
  return facts.sent && (failure === 'interrupted' || failure === 'timeout');
}

/**
 * Whatever an adapter throws against its contract is treated as an answer we
 * cannot use; whatever ended because time was up, as just that.
 */
export function toProviderError(error: unknown, signal: AbortSignal): ProviderError | DomainError {
  if (error instanceof ProviderError || error instanceof DomainError) return error;
  if (signal.aborted) {
    return new ProviderError('timeout', 'the attempt ran out of time', {
      sent: true,
      cause: error,
    });
  }
  return new ProviderError('malformed', `unexpected ${(error as Error)?.name ?? 'failure'}`, {
    sent: true,
    cause: error,
  });
}
