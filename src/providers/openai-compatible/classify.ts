import { ProviderError, type ProviderFailure } from '../image-provider.js';
import { MalformedAnswerError } from './malformed-answer.error.js';
import { readRetryAfter } from './retry-after.js';
import { asRecord, errorCodes, failureOfCodes, masked } from './upstream-error-codes.js';

/** An answer that is no success, as far as it was read. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed body, or null when it was no JSON. */
  readonly document: unknown;
}

/** What undici and Node call a connection that ended before the answer did. */
const BAD_PROTOCOL = /^(HPE_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_EXCEEDED_MAX_SIZE)/;
const CUT = /^HPE_(INVALID_EOF_STATE|CLOSED_CONNECTION)$/;
const TIMED_OUT = /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/;

/** Says once what an upstream's refusal means for us (design §5). `now` in ms since the epoch. */
export function classifyAnswer(answer: ErrorAnswer, now: number): ProviderError {
  const { status, headers, document } = answer;
  const codes = errorCodes(document);
  const failure = failureOfCodes(codes) ?? failureOfStatus(effectiveStatus(status, codes), codes);
  const code = codes.length > 0 ? ` (${codes[0]})` : '';
  return new ProviderError(failure, masked(`The upstream answered ${status}${code}.`), {
    sent: true,
    httpStatus: status,
    retryAfterSeconds: readRetryAfter(headers, now),
  });
}

/** `sent`: whether any byte of the request may have left. */
export function classifyTransport(error: unknown, sent: boolean): ProviderError {
  const code = codeOf(error);
  if (!sent) {
    return new ProviderError('unavailable', `The upstream could not be reached (${code}).`, {
      sent,
      cause: error,
    });
  }
  const failure = transportFailure(code);
  return new ProviderError(failure, `The connection to the upstream failed (${code}).`, {
    sent,
    cause: error,
  });
}

/** The caller's signal or our own deadline ended the call. */
export function classifyAbort(reason: unknown, sent: boolean): ProviderError {
  if (asRecord(reason)['name'] === 'TimeoutError') {
    return new ProviderError('timeout', 'The attempt ran out of time.', { sent });
  }
  const failure = sent ? 'interrupted' : 'unavailable';
  return new ProviderError(failure, 'The attempt was aborted.', { sent, cause: reason });
}

/** For whatever went wrong while a success was being read. */
export function classifyReading(error: unknown, httpStatus: number): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof MalformedAnswerError) {
    const message = `The upstream's answer is unusable: ${error.message}.`;
    return new ProviderError('malformed', message, { sent: true, httpStatus });
  }
  return new ProviderError('interrupted', 'Reading the answer failed.', {
    sent: true,
    httpStatus,
    cause: error,
  });
}

function transportFailure(code: string): ProviderFailure {
  if (TIMED_OUT.test(code)) return 'timeout';
  return BAD_PROTOCOL.test(code) && !CUT.test(code) ? 'malformed' : 'interrupted';
}

/** Some relays hide the real status in the body of a 200. */
function effectiveStatus(status: number, codes: readonly string[]): number {
  if (status >= 300) return status;
  return codes.map(Number).find((code) => code >= 400 && code <= 599) ?? status;
}

function failureOfStatus(status: number, codes: readonly string[]): ProviderFailure {
  if (status < 300) return failureOfSuccess(codes);
  if (status < 400) return 'malformed';
  if (status >= 500 || status === 408 || status === 425) return 'unavailable';
  if (status === 401 || status === 403) return 'auth';
  if (status === 402) return 'quota';
  return status === 429 ? 'rate_limited' : 'invalid';
}

function failureOfSuccess(codes: readonly string[]): ProviderFailure {
  if (codes.includes('invalid_request_error')) return 'invalid';
  return codes.includes('server_error') ? 'unavailable' : 'malformed';
}

/** The nearest code along the causes: a guard or a pool wraps what really happened. */
function codeOf(error: unknown): string {
  const causes = [error, asRecord(error)['cause'], asRecord(asRecord(error)['cause'])['cause']];
  const facts = causes.map(asRecord);
  const names = [...facts.map(({ code }) => code), ...facts.map(({ reason }) => reason)];
  const known = names.find((name) => typeof name === 'string') ?? facts[0]?.['name'];
  return typeof known === 'string' ? masked(known) : 'unknown';
}
