import { ProviderError, type Usage } from '../image-provider.js';
import { classifyAnswer } from './classify.js';
import type { ScannedAnswer } from './json-image-scanner.js';
import { MalformedAnswerError } from './malformed-answer.error.js';
import { asRecord } from './upstream-error-codes.js';

export interface ImagesAnswer {
  readonly usage: Usage | null;
  /** Absolute links of images that were not sent as bytes, in the order of `data`. */
  readonly urls: readonly string[];
}

/**
 * Reads what surrounded the images. Fewer images than asked are no error, nor is
 * an empty list; a document of another kind is. Relative links are completed with
 * `base`. Throws ProviderError for an error dressed as a success, and
 * MalformedAnswerError.
 */
export function readImagesAnswer(
  { rest, taken }: ScannedAnswer,
  status: number,
  base: string,
): ImagesAnswer {
  const document = asRecord(rest);
  const data = Array.isArray(document['data']) ? (document['data'] as unknown[]) : null;
  const others = (data ?? []).filter((_, index) => !taken.has(index));
  const urls = others.map((each) => linkOf(each, base)).filter((url) => url !== null);
  if (taken.size + urls.length === 0) explainEmpty(document, data, status);
  return { usage: readUsage(document['usage']), urls };
}

function explainEmpty(
  document: Readonly<Record<string, unknown>>,
  data: readonly unknown[] | null,
  status: number,
): void {
  if (document['error']) throw classifyAnswer({ status, headers: {}, document }, 0);
  if ([document, ...(data ?? [])].some((each) => asRecord(each)['respect_moderation'] === false)) {
    throw new ProviderError('refused', "The upstream's moderation held the images back.", {
      sent: true,
      httpStatus: status,
    });
  }
  if (data === null) throw new MalformedAnswerError('there is no data');
  if (!data.every(isVacant)) throw new MalformedAnswerError('data holds no images');
}

/** A place for an image with none in it. */
function isVacant(each: unknown): boolean {
  if (each === null) return true;
  const { b64_json: text, url } = asRecord(each);
  const empty = [text, url].every((value) => value === undefined || value === null || value === '');
  return empty && (text !== undefined || url !== undefined);
}

/** The absolute http or https link of one entry; null without one. */
export function linkOf(each: unknown, base: string): string | null {
  const { url } = asRecord(each);
  if (typeof url !== 'string' || url === '' || !URL.canParse(url, base)) return null;
  const link = new URL(url, base);
  return link.protocol === 'https:' || link.protocol === 'http:' ? link.href : null;
}

/** Token counts as far as they are told; null when the two that matter are not. */
export function readUsage(value: unknown): Usage | null {
  const usage = asRecord(value);
  const details = asRecord(usage['input_tokens_details']);
  const inputTokens = tokens(usage['input_tokens']);
  const outputTokens = tokens(usage['output_tokens']);
  if (inputTokens === undefined || outputTokens === undefined) return null;
  return {
    inputTokens,
    outputTokens,
    totalTokens: tokens(usage['total_tokens']) ?? inputTokens + outputTokens,
    inputTextTokens: tokens(details['text_tokens']),
    inputImageTokens: tokens(details['image_tokens']),
  };
}

function tokens(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
