import { MILLI, parseCredits, type Millicredits } from '../common/credits.js';
import {
  ONLY_QUALITY,
  type CatalogModel,
  type ModelFrames,
  type ModelOptions,
  type ModelSizes,
  type ModelSurcharges,
  type PricedSize,
} from './catalog.js';
import type { Lifecycle, Localized } from './document.js';
import type { Operation, Tier } from './image-request.js';
import { integer, list, record, strings, text, textOrNull } from './loose.js';
import { priceTable, type PriceLineDraft } from './price-table.js';
import { parseSize, sizeText, type Fraction, type Size, type SizeRule } from './sizes.js';
import { DEFAULT_TIER_PIXELS, isTier, tierOf, TIERS, type TierPixels } from './tiers.js';

/** A model as far as its document could be understood, with what only the checks need. */
export interface ModelDraft {
  readonly model: CatalogModel;
  readonly priceLines: readonly PriceLineDraft[];
}

/** Never throws: whatever cannot be understood is left out and named by the schema check. */
export function parseModel(raw: unknown): ModelDraft {
  const entry = record(raw);
  const options = parseOptions(entry);
  const operations = strings(entry.operations).filter(isOperation);
  const priceLines = list(entry.prices).map(parsePriceLine);
  const inputs = record(entry.inputs);
  const qualities = options.quality.length > 0 ? options.quality : [ONLY_QUALITY];
  const model: CatalogModel = {
    ...parseDescription(entry),
    operations,
    prompt: {
      min: integer(record(entry.prompt).min, 1),
      max: integer(record(entry.prompt).max, 0),
    },
    countMax: integer(record(entry.count).max, 1),
    ...parseShapes(entry),
    options,
    defaultQuality: textOrNull(entry.defaultQuality) ?? defaultQuality(qualities),
    frames: parseFrames(entry.frames),
    inputs: { images: integer(inputs.images, 0), mask: inputs.mask === true },
    stream: entry.stream === true,
    deadlineSeconds: integer(entry.deadlineSeconds, 0) || null,
    surcharges: parseSurcharges(record(entry.surcharges)),
    prices: priceTable(operations, qualities, priceLines),
  };
  return { model, priceLines };
}

function parseDescription(entry: Readonly<Record<string, unknown>>) {
  return {
    name: text(entry.name),
    aliases: strings(entry.aliases),
    title: entry.title as Localized,
    description: (entry.description as Localized | undefined) ?? null,
    tags: list(entry.tags) as readonly Localized[],
    ownedBy: text(entry.ownedBy),
    created: Date.parse(text(entry.created)) / 1000,
    lifecycle: text(entry.lifecycle) as Lifecycle,
    shutdown: textOrNull(entry.shutdown),
    replacement: textOrNull(entry.replacement),
  };
}

function parseOptions(entry: Readonly<Record<string, unknown>>): ModelOptions {
  return {
    quality: strings(entry.qualities),
    style: strings(entry.styles),
    background: strings(entry.backgrounds),
    outputFormat: strings(entry.outputFormats),
    moderation: strings(entry.moderations),
    complexity: strings(entry.complexities),
    thinkingLevel: strings(entry.thinkingLevels),
    inputFidelity: strings(record(entry.inputs).fidelities),
  };
}

function defaultQuality(qualities: readonly string[]): string {
  return qualities.includes('auto') ? 'auto' : qualities[0];
}

function parseShapes(entry: Readonly<Record<string, unknown>>) {
  const sizes = record(entry.sizes);
  const tierPixels = parseTierPixels(sizes.tierPixels);
  const listed = strings(sizes.list)
    .map(parseSize)
    .filter((size) => size !== null);
  const aspectRatios = parseAspectRatios(record(entry.aspectRatios), tierPixels);
  const autoTier = isTier(sizes.autoTier) ? sizes.autoTier : null;
  return {
    aspectRatios,
    sizes: {
      default: parseDefault(sizes.default, autoTier, tierPixels),
      autoTier,
      list: listed,
      rule: parseRule(sizes.rule),
      tierPixels,
      byName: namedSizes(listed, aspectRatios, tierPixels),
    } satisfies ModelSizes,
  };
}

function parseTierPixels(value: unknown): TierPixels {
  const given = record(value);
  return {
    '1k': integer(given['1k'], DEFAULT_TIER_PIXELS['1k']),
    '2k': integer(given['2k'], DEFAULT_TIER_PIXELS['2k']),
  };
}

function parseDefault(value: unknown, autoTier: Tier | null, tierPixels: TierPixels): PricedSize {
  const size = parseSize(text(value));
  return size ? priced(size, tierPixels) : { size: 'auto', tier: autoTier ?? '1k' };
}

function parseAspectRatios(
  table: Readonly<Record<string, unknown>>,
  tierPixels: TierPixels,
): Map<string, ReadonlyMap<Tier, PricedSize>> {
  const ratios = new Map<string, ReadonlyMap<Tier, PricedSize>>();
  for (const [ratio, value] of Object.entries(table)) {
    const byTier = new Map<Tier, PricedSize>();
    for (const tier of TIERS) {
      const name = text(record(value)[tier]);
      const size = name === 'auto' ? name : parseSize(name);
      if (size) byTier.set(tier, size === 'auto' ? { size, tier } : priced(size, tierPixels));
    }
    ratios.set(ratio, byTier);
  }
  return ratios;
}

function parseRule(value: unknown): SizeRule | null {
  if (value === undefined) return null;
  const given = record(value);
  const multipleOf = integer(given.multipleOf, 1);
  const [low, high] = list(given.ratio);
  return {
    multipleOf,
    minPixels: integer(given.minPixels, 1),
    maxPixels: integer(given.maxPixels, 1),
    minEdge: integer(given.minEdge, multipleOf),
    maxEdge: integer(given.maxEdge, 1),
    minRatio: parseFraction(low),
    maxRatio: parseFraction(high),
  };
}

function parseFraction(value: unknown): Fraction {
  const [over, under = '1'] = String(value).split('/');
  return { over: Number(over), under: Number(under) };
}

function namedSizes(
  listed: readonly Size[],
  aspectRatios: ReadonlyMap<string, ReadonlyMap<Tier, PricedSize>>,
  tierPixels: TierPixels,
): Map<string, PricedSize> {
  const named = new Map(listed.map((size) => [sizeText(size), priced(size, tierPixels)]));
  for (const byTier of aspectRatios.values()) {
    for (const entry of byTier.values()) {
      if (entry.size !== 'auto') named.set(sizeText(entry.size), entry);
    }
  }
  return named;
}

function priced(size: Size, tierPixels: TierPixels): PricedSize {
  return { size, tier: tierOf(size.width * size.height, tierPixels) };
}

function parseFrames(value: unknown): ModelFrames | null {
  if (value === undefined) return null;
  const given = record(value);
  return {
    min: integer(given.min, 1),
    max: integer(given.max, 1),
    default: integer(given.default, 1),
    maxDurationMs: integer(given.maxDurationMs, 1),
  };
}

function parseSurcharges(given: Readonly<Record<string, unknown>>): ModelSurcharges {
  const inputImage = record(given.inputImage);
  const inputCredits = declared(inputImage.credits);
  return {
    inputImage:
      inputCredits === null
        ? null
        : { included: integer(inputImage.included, 0), credits: inputCredits },
    partialImage: declared(given.partialImage),
    frame: declared(given.frame),
    thinking: new Map(
      Object.entries(record(given.thinking)).map(([level, value]) => [
        level,
        declared(value) ?? 0n,
      ]),
    ),
  };
}

/** `null` only for what is absent; an unreadable amount is the amount check's business. */
function declared(value: unknown): Millicredits | null {
  return value === undefined ? null : (parseCredits(value) ?? 0n);
}

function parsePriceLine(value: unknown): PriceLineDraft {
  const line = record(value);
  return {
    tier: isTier(line.tier) ? line.tier : null,
    quality: textOrNull(line.quality),
    operation: textOrNull(line.operation),
    credits: parseCredits(line.credits) ?? MILLI,
    free: line.free === true,
  };
}

function isOperation(value: string): value is Operation {
  return value === 'generate' || value === 'edit';
}
