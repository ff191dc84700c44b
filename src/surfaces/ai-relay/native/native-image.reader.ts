import { invalidValue } from '../../../common/domain-error.js';
import type { JsonObject } from '../../../common/strict-json.js';
import type { ImageParameters, ResolveOptions } from '../../../models/index.js';
import {
  LenientFields,
  publicName,
  readImageFields,
  type ResponseFormat,
} from '../../../surface-kit/index.js';
import { requiredModel } from '../required-model.js';

const FORMATS: readonly ResponseFormat[] = ['url', 'b64_json'];
/** Characters of JSON; they are kept with the prompt. */
export const MAX_EXTRAS = 16_384;

/** A native request in our words, not yet checked against the catalog. */
export interface NativeImage {
  readonly parameters: ImageParameters;
  readonly options: ResolveOptions;
  readonly format: ResponseFormat;
  readonly stream: boolean;
  /** Fields that only an upstream may know. */
  readonly extras: JsonObject;
  /** Fields sent that mean nothing here. */
  readonly ignored: readonly string[];
}

/** @throws DomainError `missing_required_parameter` or `invalid_value` with `param` */
export function readNativeImage(body: JsonObject): NativeImage {
  const fields = new LenientFields(body);
  const read = readImageFields(fields);
  const parameters: ImageParameters = {
    prompt: fields.requiredText('prompt'),
    model: requiredModel(fields),
    operation: 'generate',
    ...read,
  };
  const format = fields.choice('response_format', FORMATS);
  const stream = read.stream === true;
  const unknown = fields.unread().filter((name) => fields.has(name));
  return {
    parameters,
    options: { strict: false, wireNames: { count: 'n' } },
    format: format ?? 'url',
    stream,
    extras: Object.fromEntries(unknown.map((name) => [name, body[name]])),
    // Events carry base64, as OpenAI's do.
    ignored: stream && format === 'url' ? ['response_format'] : [],
  };
}

/** What goes to the upstream, and the names of what does not. */
export interface SplitExtras {
  readonly passed: JsonObject;
  readonly dropped: readonly string[];
}

/** @throws DomainError `invalid_value` for more than is kept with a request */
export function splitExtras(extras: JsonObject, passable: ReadonlySet<string>): SplitExtras {
  const entries = Object.entries(extras);
  const passed = Object.fromEntries(entries.filter(([name]) => passable.has(name)));
  const [first] = Object.keys(passed);
  if (JSON.stringify(passed).length > MAX_EXTRAS) {
    throw invalidValue(publicName(first), 'What is passed on to the model is too long.', {
      accepted: [`up to ${MAX_EXTRAS} characters of JSON in all`],
    });
  }
  return { passed, dropped: Object.keys(extras).filter((name) => !passable.has(name)) };
}
