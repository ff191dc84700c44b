import type { JsonObject } from '../../../common/strict-json.js';
import type { ImageParameters, ResolveOptions } from '../../../models/index.js';
import { LenientFields, type ResponseFormat } from '../../../surface-kit/index.js';
import { requiredModel } from '../required-model.js';

/** Code points. */
export const MAX_PROMPT = 4000;
export const MAX_COUNT = 10;
export const SOURCES = ['ai_image', 'ai_draft_generation', 'plugin'] as const;
export const FORMATS: readonly ResponseFormat[] = ['url', 'b64_json'];

/** A request for images in our words, not yet checked against the catalog. */
export interface AskedImage {
  readonly parameters: ImageParameters;
  readonly options: ResolveOptions;
  readonly format: ResponseFormat;
  /** Fields sent that mean nothing here, in the order sent. */
  readonly ignored: readonly string[];
}

/**
 * Reads the body of a generate request, as leniently as `/v1` is read.
 *
 * @throws DomainError `missing_required_parameter` or `invalid_value` with `param`
 */
export function readImageRequest(body: JsonObject): AskedImage {
  const fields = new LenientFields(body);
  const parameters: ImageParameters = {
    prompt: fields.requiredText('prompt'),
    model: requiredModel(fields),
    operation: 'generate',
    count: fields.number('n'),
    quality: fields.word('quality'),
    size: fields.word('size'),
    style: fields.word('style'),
    user: fields.name('user'),
  };
  const format = fields.choice('response_format', FORMATS) ?? 'url';
  // Says what the picture is for, which nothing here depends on.
  fields.choice('source', SOURCES);
  return {
    parameters,
    options: {
      strict: false,
      wireNames: { count: 'n' },
      promptMax: MAX_PROMPT,
      countMax: MAX_COUNT,
    },
    format,
    ignored: fields.unread(),
  };
}
