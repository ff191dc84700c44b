import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ProviderError,
  type ProviderErrorFacts,
  type ProviderFailure,
  type ProviderImage,
} from '../image-provider.js';
import { toStream } from './streams.js';

/**
 * The failures a test key can ask for with `[[easel:<name>]]` in its prompt.
 * Customers rehearse their error handling with them: add, never rename.
 */
export const FAULTS = {
  refused: 'The upstream refuses the prompt by its policy.',
  invalid: 'The upstream calls the request invalid.',
  auth: "The operator's key at the upstream is rejected.",
  quota: "The operator's money at the upstream is used up.",
  rate_limited: 'The upstream asks to slow down, with a Retry-After of two seconds.',
  unavailable: 'The upstream cannot be reached.',
  timeout: 'The upstream never answers; the attempt ends when its time is up.',
  slow: 'The upstream takes three seconds longer, then answers well.',
  interrupted: 'The connection breaks in the middle of the first image.',
  malformed: 'The upstream answers bytes that are no image.',
  truncated: 'The upstream answers the first half of an image.',
  partial: 'One image fewer than asked for arrives; of one image, none.',
  none: 'The upstream answers without any image.',
} as const;

export type Fault = keyof typeof FAULTS;

const SLOW_MS = 3_000;

/** The fault by that name; every other text asks for nothing. */
export function findFault(name: string | undefined): Fault | undefined {
  return name !== undefined && Object.hasOwn(FAULTS, name) ? (name as Fault) : undefined;
}

type Refusal = readonly [ProviderFailure, ProviderErrorFacts];

const REFUSALS: Readonly<Partial<Record<Fault, Refusal>>> = {
  refused: ['refused', { sent: true, httpStatus: 400 }],
  invalid: ['invalid', { sent: true, httpStatus: 400 }],
  auth: ['auth', { sent: true, httpStatus: 401 }],
  quota: ['quota', { sent: true, httpStatus: 429 }],
  rate_limited: ['rate_limited', { sent: true, httpStatus: 429, retryAfterSeconds: 2 }],
  unavailable: ['unavailable', { sent: false }],
};

/**
 * Fails, hangs or waits as asked, before anything is drawn.
 *
 * @throws ProviderError
 */
export async function faultAtStart(fault: Fault | undefined, signal: AbortSignal): Promise<void> {
  if (fault === undefined) return;
  const refusal = REFUSALS[fault];
  if (refusal) throw new ProviderError(refusal[0], `Rehearsed fault: ${fault}`, refusal[1]);
  if (fault === 'slow') await delay(SLOW_MS, undefined, { signal }).catch(() => undefined);
  if (fault === 'timeout') await aborted(signal);
}

/** How many of the images asked for will be delivered. */
export function countUnder(fault: Fault | undefined, count: number): number {
  if (fault === 'none') return 0;
  return fault === 'partial' ? count - 1 : count;
}

/** One encoded picture as the image the fault makes of it. */
export function imageUnder(fault: Fault | undefined, ordinal: number, file: Buffer): ProviderImage {
  return { ordinal, partial: false, source: { stream: streamUnder(fault, file) } };
}

function streamUnder(fault: Fault | undefined, file: Buffer): Readable {
  const half = file.subarray(0, file.length >> 1);
  if (fault === 'malformed') return toStream(Buffer.from('<html>502 Bad Gateway</html>'));
  if (fault === 'truncated') return toStream(half);
  if (fault !== 'interrupted') return toStream(file);
  const failure = new ProviderError(fault, `Rehearsed fault: ${fault}`, { sent: true });
  return toStream(half, failure);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
