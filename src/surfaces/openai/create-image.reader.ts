import type { JsonObject } from '../../common/strict-json.js';
import type { ImageParameters, ResolveOptions } from '../../models/index.js';
import { LenientFields, readImageFields, type ResponseFormat } from '../../surface-kit/index.js';
import type { ProfileRules } from './profile.js';

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
  const read = readImageFields(fields);
  const { size, aspectRatio, resolution, stream } = read;
  const shaped = size ?? aspectRatio ?? resolution;
  const parameters: ImageParameters = {
    model,
    operation: 'generate',
    prompt,
    ...read,
    ...(shaped === undefined && { size: profile.defaultSize }),
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
