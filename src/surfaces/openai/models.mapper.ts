import { applyFactor, toWireCredits } from '../../common/credits.js';
import type { CatalogModel } from '../../models/index.js';
import type { ModelDto, ModelPriceDto } from './models.dto.js';

/** What a listing says of a model beside its catalog entry. */
export interface ModelFacts {
  readonly available: boolean;
  /** Permille of list price this account pays. */
  readonly priceFactor: number;
}

export function toModel(model: CatalogModel, facts: ModelFacts): ModelDto {
  return {
    id: model.name,
    object: 'model',
    created: model.created,
    owned_by: model.ownedBy,
    shutdown_date: model.shutdown,
    lifecycle: model.lifecycle,
    available: facts.available,
    sizes: sizesOf(model),
    qualities: [...model.options.quality],
    prices: pricesOf(model, facts.priceFactor),
    supported_endpoint_types: ['image-generation'],
  };
}

function sizesOf({ sizes }: CatalogModel): string[] {
  const named = sizes.list.map(({ width, height }) => `${width}x${height}`);
  return sizes.autoTier === null ? named : [...named, 'auto'];
}

/** The quality is named only where it changes the price. */
function pricesOf(model: CatalogModel, priceFactor: number): ModelPriceDto[] {
  const byQuality = [...(model.prices.get('generate') ?? [])];
  const distinct = new Set(byQuality.map(([, tiers]) => JSON.stringify(tiers)));
  const listed = distinct.size === 1 ? byQuality.slice(0, 1) : byQuality;
  return listed.flatMap(([quality, tiers]) =>
    Object.entries(tiers).map(([tier, milli]) => ({
      tier,
      ...(distinct.size === 1 ? {} : { quality }),
      credits: toWireCredits(applyFactor(BigInt(milli), priceFactor)),
    })),
  );
}
