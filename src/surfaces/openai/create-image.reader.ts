import type { JsonObject } from '../../common/strict-json.js';
import type { ImageParameters, ResolveOptions } from '../../models/index.js';
import { LenientFields } from '../../surface-kit/index.js';
import type { ProfileRules, ResponseFormat } from './profile.js';

/** A create request in our words, not yet checked against the catalog. */
export interface CreateImage {
  readonly parameters: ImageParameters;
  readonly options: ResolveOptions;
  readonly format: ResponseFormat;
  /** The answer is a stream of events, whatever the model can. */
  readonly stream: boolean;
  /** Fields sent that mean nothing here, in the order sent. */
  readonly ignored: readonly string[];
}

/**
 * Reads the body of a create request as leniently as contracts §5.6 rules.
 *
 * @throws DomainError `missing_required_parameter` or `invalid_value` with `param`.
 */
export function readCreateImage(body: JsonObject, profile: ProfileRules): CreateImage {
  const fields = new LenientFields(body);
  const prompt = fields.requiredText('prompt');
  const model = fields.name('model') ?? profile.defaultModel(fields);
  const stream = fields.flag('stream');
  const parameters: ImageParameters = {
    model,
    operation: 'generate',
    prompt,
    count: fields.number('n'),
    ...readLooks(fields, profile),
    ...readFrames(fields),
    stream,
    partialImages: fields.number('partial_images'),
    user: fields.name('safety_identifier') ?? fields.name('user'),
  };
  const format = fields.choice('response_format', ['url', 'b64_json']);
  // Events carry base64, as OpenAI's do.
  const ignored = stream && format === 'url' ? ['response_format'] : [];
  return {
    parameters,
    options: { strict: false, wireNames: { count: 'n' }, ...profile.limits },
    format: format ?? profile.defaultFormat(model),
    stream: stream === true,
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
    outputCompression: fields.number('output_compression'),
    moderation: fields.word('moderation'),
    complexity: fields.word('complexity'),
    thinkingLevel: fields.word('thinking_level'),
  };
}

function readFrames(fields: LenientFields): Partial<ImageParameters> {
  return {
    frameCount: fields.number('frame_count'),
    frameDurationMs: fields.number('frame_duration_ms'),
  };
}
