import type { Asking, Field } from './asking.js';
import type { ModelFrames } from './catalog.js';

/** Previews one image may have (OpenAI's limit; every model that streams shares it). */
const MAX_PARTIAL_IMAGES = 3;

/** How the picture is encoded and delivered. */
export interface ResolvedMedia {
  readonly outputCompression?: number;
  readonly frameCount?: number;
  readonly frameDurationMs?: number;
  readonly stream?: true;
  readonly partialImages?: number;
}

/**
 * Rules between parameters: what goes with which file format, frames, and
 * streaming (contracts of the OpenAI Images API).
 *
 * @param format the format asked for, or the model's default; `undefined` where it has no choice.
 * @param count images asked for.
 * @throws DomainError `invalid_value`
 */
export function resolveMedia(
  asking: Asking,
  format: string | undefined,
  background: string | undefined,
  count: number,
): ResolvedMedia {
  refuseBackground(asking, format, background);
  if (format === 'svg') refuseWithSvg(asking, count);
  if (format === 'gif' && asking.sent.mask) {
    throw asking.refusal('mask', 'A mask cannot be used with gif.');
  }
  return {
    ...resolveCompression(asking, format),
    ...resolveFrames(asking, format),
    ...resolveStream(asking, format),
  };
}

function refuseBackground(
  asking: Asking,
  format: string | undefined,
  background: string | undefined,
): void {
  if (background !== 'transparent' || !format || format === 'png' || format === 'webp') return;
  const accepted = asking.model.options.background.filter((value) => value !== 'transparent');
  throw asking.refusal(
    'background',
    `A transparent background needs the format png or webp, not ${format}.`,
    { accepted, nearest: accepted[0] },
  );
}

function refuseWithSvg(asking: Asking, count: number): void {
  if (count > 1) {
    throw asking.refusal('count', 'An svg is made one at a time.', {
      accepted: ['1'],
      nearest: '1',
    });
  }
  if (asking.sent.operation === 'edit') {
    const accepted = asking.model.options.outputFormat.filter((value) => value !== 'svg');
    throw asking.refusal('outputFormat', 'An edit cannot be answered as svg.', {
      accepted,
      nearest: accepted[0],
    });
  }
}

/** 100 changes nothing in any format, so clients that always send it are not refused for it. */
function resolveCompression(asking: Asking, format: string | undefined): ResolvedMedia {
  const value = asking.sent.outputCompression;
  if (value === undefined) return {};
  if (format === undefined) {
    asking.drop('outputCompression');
    return {};
  }
  const outputCompression = wholeNumber(asking, 'outputCompression', value, 0, 100);
  if (format === 'jpeg' || format === 'webp') return { outputCompression };
  if (outputCompression === 100) return {};
  const fits = asking.model.options.outputFormat.filter(
    (name) => name === 'jpeg' || name === 'webp',
  );
  throw asking.refusal(
    'outputCompression',
    `Compression is for jpeg and webp; ${asking.wire('outputFormat')} is ${format}.`,
    fits.length > 0
      ? { accepted: ['100', `0 to 100 with ${fits.join(' or ')}`], nearest: '100' }
      : {},
  );
}

function resolveFrames(asking: Asking, format: string | undefined): ResolvedMedia {
  const { frameCount, frameDurationMs } = asking.sent;
  const { frames } = asking.model;
  const sent = (['frameCount', 'frameDurationMs'] as const).filter(
    (field) => asking.sent[field] !== undefined,
  );
  if (!frames) {
    sent.forEach((field) => asking.drop(field));
    return {};
  }
  if (format !== 'gif') {
    if (sent.length === 0) return {};
    throw asking.refusal(sent[0], `Frames need ${asking.wire('outputFormat')} gif.`);
  }
  const duration = resolveDuration(asking, frameDurationMs, frames);
  if (frameCount === undefined) return duration;
  return {
    ...duration,
    frameCount: wholeNumber(asking, 'frameCount', frameCount, frames.min, frames.max),
  };
}

/** GIF counts in hundredths of a second, so durations are rounded to 10 ms. */
function resolveDuration(
  asking: Asking,
  sent: number | undefined,
  { maxDurationMs }: ModelFrames,
): ResolvedMedia {
  if (sent === undefined) return {};
  const duration = wholeNumber(asking, 'frameDurationMs', sent, 1, maxDurationMs);
  return { frameDurationMs: Math.max(10, Math.round(duration / 10) * 10) };
}

/**
 * Of a model that does not stream nothing but the whole picture is asked. A
 * lenient surface still answers with events: a client that waits for events
 * reads a JSON answer as no picture and no error.
 */
function resolveStream(asking: Asking, format: string | undefined): ResolvedMedia {
  const wanted = asking.sent.stream === true;
  const stream = wanted && asking.model.stream;
  if (wanted && !stream && asking.options.strict) {
    const problem = `${asking.model.name} does not stream.`;
    throw asking.refusal('stream', problem, { accepted: ['false'], nearest: 'false' });
  }
  if (stream && (format === 'gif' || format === 'svg')) {
    throw asking.refusal('stream', `A ${format} cannot be streamed.`, {
      accepted: ['false'],
      nearest: 'false',
    });
  }
  const partialImages = resolvePartialImages(asking, stream);
  return { ...(stream && { stream }), ...(partialImages > 0 && { partialImages }) };
}

function resolvePartialImages(asking: Asking, stream: boolean): number {
  const value = asking.sent.partialImages;
  if (value === undefined) return 0;
  if (!asking.model.stream) {
    asking.drop('partialImages');
    return 0;
  }
  const partialImages = wholeNumber(asking, 'partialImages', value, 0, MAX_PARTIAL_IMAGES);
  if (stream || partialImages === 0) return partialImages;
  asking.drop('partialImages', `Partial images need ${asking.wire('stream')}.`);
  return 0;
}

/** @throws DomainError `invalid_value` that names the range and its nearest end. */
export function wholeNumber(
  asking: Asking,
  field: Field,
  value: number,
  min: number,
  max: number,
): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const inside = Number.isNaN(value) ? min : Math.round(Math.min(Math.max(value, min), max));
  throw asking.refusal(
    field,
    `${asking.wire(field)} must be a whole number from ${min} to ${max}.`,
    {
      accepted: [min === max ? String(min) : `${min} to ${max}`],
      nearest: String(inside),
    },
  );
}
