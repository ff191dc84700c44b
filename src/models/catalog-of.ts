import { Catalog } from './catalog.js';
import { CatalogProblemsError } from './catalog.errors.js';
import { checkCatalog } from './check-catalog.js';
import type { CatalogDocument } from './document.js';
import { parseModel } from './parse-model.js';

/**
 * Takes a sound document apart into the catalog that requests are checked against.
 *
 * @throws CatalogProblemsError with every problem
 */
export function catalogOf(document: unknown): Catalog {
  refuseProblems(document);
  const { models } = document as CatalogDocument;
  return new Catalog(models.map((entry) => parseModel(entry).model));
}

/** @throws CatalogProblemsError with every problem */
export function refuseProblems(document: unknown): void {
  const problems = checkCatalog(document);
  if (problems.length > 0) throw new CatalogProblemsError(problems);
}
