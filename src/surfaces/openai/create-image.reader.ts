import { invalidValue } from '../../common/domain-error.js';
import type { JsonObject } from '../../common/strict-json.js';
import type { ImageParameters, ResolveOptions } from '../../models/index.js';
import { LenientFields } from '../../surface-kit/index.js';
import type { ProfileRules, ResponseFormat } from './profile.js';

/** A create request in our words, not yet checked against the catalog. */
export interface CreateImage {
  readonly parameters: ImageParameters;
  readonly options: ResolveOptions;
  readonly format: ResponseFormat;
  /** Fields sent that mean nothing here, in the order sent. */
  readonly ignored: readonly string[];
}

const MAX_PARTIAL_IMAGES = 3;

/**
 * Reads the body of a create request as leniently as contracts §5.6 rules.
 *
 * @throws DomainError `missing_required_parameter` or `invalid_value` with `param`.
 */
export function readCreateImage(body: JsonObject, profile: ProfileRules): CreateImage {
  const fields = new LenientFields(body);
  const prompt = fields.requiredText('prompt');
  const model = fields.word('model') ?? profile.defaultModel(fields);
  refuseStream(fields);
  const ignored = ignorePartialImages(fields);
  const parameters: ImageParameters = {
    model,
    operation: 'generate',
    prompt,
    count: fields.integer('n'),
    ...readLooks(fields, profile),
    ...readFrames(fields),
    user: fields.word('safety_identifier') ?? fields.word('user'),
  };
  const format = fields.choice('response_format', ['url', 'b64_json']);
  return {
    parameters,
    options: { strict: false, wireNames: { count: 'n' }, ...profile.limits },
    format: format ?? profile.defaultFormat(model),
    ignored: [...ignored, ...fields.unread()],
  };
}

function readLooks(fields: LenientFields, profile: ProfileRules): Partial<ImageParameters> {
  const aspectRatio = fields.word('aspect_ratio');
  const resolution = fields.word('resolution');
  const shaped = aspectRatio !== undefined || resolution !== undefined;
  return {
    size: fields.word('size') ?? (shaped ? undefined : profile.defaultSize),
    aspectRatio,
    resolution,
    quality: fields.word('quality'),
    style: fields.word('style'),
    background: fields.word('background'),
    outputFormat: fields.word('output_format'),
    outputCompression: fields.integer('output_compression'),
    moderation: fields.word('moderation'),
    complexity: fields.word('complexity'),
    thinkingLevel: fields.word('thinking_level'),
  };
}

function readFrames(fields: LenientFields): Partial<ImageParameters> {
  return {
    frameCount: fields.integer('frame_count'),
    frameDurationMs: fields.integer('frame_duration_ms'),
  };
}

/** A JSON answer to a stream request looks like success without pictures to SDKs: refuse instead. */
function refuseStream(fields: LenientFields): void {
  if (fields.flag('stream') !== true) return;
  throw invalidValue('stream', 'Streaming is not offered yet.', { accepted: ['false'] });
}

/** Partial images belong to streams; without one they are checked, dropped and named. */
function ignorePartialImages(fields: LenientFields): string[] {
  const count = fields.integer('partial_images');
  if (count === undefined) return [];
  if (count >= 0 && count <= MAX_PARTIAL_IMAGES) return ['partial_images'];
  throw invalidValue('partial_images', `'partial_images' must be 0 to ${MAX_PARTIAL_IMAGES}.`);
}
