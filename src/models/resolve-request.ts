import { DomainError } from '../common/domain-error.js';
import { codePointLength, isStorableText } from '../common/text.js';
import { Asking, wireName, type Field } from './asking.js';
import type { Catalog, CatalogModel } from './catalog.js';
import type { ImageParameters, ResolvedRequest, ResolveOptions } from './image-request.js';
import { nearestOf, quoted } from './nearest.js';
import { priceBasis } from './price-basis.js';
import { resolveMedia, wholeNumber } from './resolve-media.js';
import { resolveOptions } from './resolve-options.js';
import { resolveSize, type ResolvedSize } from './resolve-size.js';
import { smallerTier } from './tiers.js';

/** Enough to choose from, without listing a whole catalog in an error. */
const MAX_NAMED_MODELS = 20;
/** Characters of an end-user tag; OpenAI takes 64. */
const MAX_USER_LENGTH = 512;

/** The catalog in force, as one version of it. */
export interface CatalogVersion {
  readonly version: number;
  readonly catalog: Catalog;
}

/**
 * Checks a request against the catalog and freezes its price. Pure: no clock, no I/O.
 *
 * @throws DomainError `model_not_found`, `missing_required_parameter` or
 * `invalid_value`; each names the caller's field, what is accepted and the
 * nearest accepted value.
 */
export function resolveRequest(
  { version, catalog }: CatalogVersion,
  sent: ImageParameters,
  options: ResolveOptions,
): ResolvedRequest {
  refuseUnstorableText(sent, options);
  const asking = new Asking(sent, findModel(catalog, sent, options), options);
  const { model } = asking;
  refuseOperation(asking, catalog);
  refusePrompt(asking);
  const count = resolveCount(asking);
  const shape = resolveSize(asking);
  const chosen = resolveOptions(asking);
  const format = chosen.outputFormat ?? model.options.outputFormat[0];
  const media = resolveMedia(asking, format, chosen.background, count);
  refuseInputs(asking);
  refuseUser(asking);
  const tier = options.capTier ? smallerTier(shape.tier, options.capTier) : shape.tier;
  return {
    model: model.name,
    requestedModel: sent.model,
    ownedBy: model.ownedBy,
    catalogVersion: version,
    operation: sent.operation,
    prompt: sent.prompt,
    count,
    size: shape.size,
    parameters: { ...chosen, ...media, ...ratioOf(shape), ...(sent.user && { user: sent.user }) },
    ignored: asking.ignored,
    price: priceBasis(model, sent, { tier, format, ...chosen, ...media }),
    deadlineSeconds: model.deadlineSeconds,
  };
}

function ratioOf({ aspectRatio, resolution }: ResolvedSize) {
  return aspectRatio === undefined ? {} : { aspectRatio, resolution };
}

/** Before anything else looks at a text: what the database cannot hold is refused, never mended. */
function refuseUnstorableText(sent: ImageParameters, options: ResolveOptions): void {
  for (const field of Object.keys(sent) as Field[]) {
    const value = sent[field];
    if (typeof value !== 'string' || isStorableText(value)) continue;
    throw new DomainError(
      'invalid_value',
      `${wireName(options, field)} holds U+0000 or an unpaired surrogate.`,
      { param: wireName(options, field) },
    );
  }
}

function findModel(
  catalog: Catalog,
  { model: name }: ImageParameters,
  options: ResolveOptions,
): CatalogModel {
  const model = catalog.find(name);
  if (model && model.lifecycle !== 'retired') return model;
  const offered = catalog.availableTo(options.allowed ?? null);
  const names = offered.map((available) => available.name);
  const nearest = nearestModel(offered, model?.replacement ?? name);
  const named = names.slice(0, MAX_NAMED_MODELS).join(', ');
  const fate = model ? 'is retired' : 'does not exist';
  throw new DomainError(
    'model_not_found',
    `The model ${quoted(name)} ${fate}. Available: ${named || 'none'}.` +
      (nearest === undefined ? '' : ` Nearest: ${nearest}.`),
    { param: wireName(options, 'model'), accepted: names, nearest },
  );
}

function nearestModel(offered: readonly CatalogModel[], name: string): string | undefined {
  return nearestOf(
    name,
    offered.flatMap((model) => [model.name, ...model.aliases]),
  );
}

function refuseOperation(asking: Asking, catalog: Catalog): void {
  const { operation } = asking.sent;
  if (asking.model.operations.includes(operation)) return;
  const offered = catalog.availableTo(asking.options.allowed ?? null);
  const able = offered.filter((model) => model.operations.includes(operation));
  const verb = operation === 'edit' ? 'edit images' : 'make images without an input image';
  throw asking.refusal('model', `${asking.model.name} does not ${verb}.`, {
    accepted: able.map((model) => model.name).slice(0, MAX_NAMED_MODELS),
    nearest: able.find((model) => model.ownedBy === asking.model.ownedBy)?.name ?? able[0]?.name,
  });
}

function refusePrompt(asking: Asking): void {
  const { model, options, sent } = asking;
  const param = asking.wire('prompt');
  if (!/\S/.test(sent.prompt)) {
    throw new DomainError('missing_required_parameter', `${param} is required.`, { param });
  }
  const min = Math.max(model.prompt.min, options.promptMin ?? 1);
  const max = Math.min(model.prompt.max, options.promptMax ?? Infinity);
  if (lengthWithin(sent.prompt, min, max)) return;
  throw asking.refusal(
    'prompt',
    `${param} is too ${sent.prompt.length < min ? 'short' : 'long'}.`,
    {
      accepted: [`${min} to ${max} characters`],
    },
  );
}

/** A code point is one or two units, so most lengths are decided without counting. */
function lengthWithin(text: string, min: number, max: number): boolean {
  if (text.length < min || text.length > 2 * max) return false;
  if (text.length <= max && text.length >= 2 * min) return true;
  const length = codePointLength(text);
  return length >= min && length <= max;
}

function resolveCount(asking: Asking): number {
  const { sent, model, options } = asking;
  if (sent.count === undefined) return 1;
  return wholeNumber(
    asking,
    'count',
    sent.count,
    1,
    Math.min(model.countMax, options.countMax ?? Infinity),
  );
}

/** Inputs are never dropped: without them the picture would be another one. */
function refuseInputs(asking: Asking): void {
  const { inputImages, mask, operation } = asking.sent;
  const { inputs, name } = asking.model;
  if (inputImages !== undefined && operation === 'edit') {
    wholeNumber(asking, 'inputImages', inputImages, 1, inputs.images);
  }
  if (mask && !inputs.mask) throw asking.refusal('mask', `${name} takes no mask.`);
}

function refuseUser(asking: Asking): void {
  if ((asking.sent.user?.length ?? 0) <= MAX_USER_LENGTH) return;
  throw asking.refusal('user', `${asking.wire('user')} is too long.`, {
    accepted: [`up to ${MAX_USER_LENGTH} characters`],
  });
}
