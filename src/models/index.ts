export * from './image-request.js';
export { Catalog, type CatalogModel, isAllowed } from './catalog.js';
export { catalogOf } from './catalog-of.js';
export {
  CatalogService,
  type CatalogSnapshot,
  type CatalogVersionInfo,
} from './catalog.service.js';
export { CatalogProblemsError } from './catalog.errors.js';
export { checkCatalog } from './check-catalog.js';
export type { CatalogDocument, Localized, ModelDocument } from './document.js';
export { ModelsModule } from './models.module.js';
export { cheapest } from './cheapest.js';
export { captureFor, quote, receiptLines } from './pricing.js';
export type { Problem } from './problem.js';
export { type CatalogVersion, resolveRequest } from './resolve-request.js';
export type { Size, SizeRule } from './sizes.js';
export { tierOf, TIERS, type TierPixels } from './tiers.js';
