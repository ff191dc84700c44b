import { DomainError } from '../../src/common/domain-error.js';
import { configFile, readCatalogFile } from '../../src/models/catalog-file.js';
import { catalogOf } from '../../src/models/catalog-of.js';
import type {
  ImageParameters,
  ResolvedRequest,
  ResolveOptions,
} from '../../src/models/image-request.js';
import { resolveRequest } from '../../src/models/resolve-request.js';

/** The shipped catalog as version 7. */
export const snapshot = {
  version: 7,
  catalog: catalogOf(await readCatalogFile(configFile('catalog.yaml'))),
};

/** A plain request for gpt-image-2 on a lenient surface, with changes. */
export function resolve(
  sent: Partial<ImageParameters> = {},
  options: Partial<ResolveOptions> = {},
): ResolvedRequest {
  const parameters: ImageParameters = {
    model: 'gpt-image-2',
    operation: 'generate',
    prompt: 'a lighthouse',
    ...sent,
  };
  return resolveRequest(snapshot, parameters, { strict: false, ...options });
}

/** What a refused caller is told. */
export function refusal(sent: Partial<ImageParameters>, options: Partial<ResolveOptions> = {}) {
  try {
    resolve(sent, options);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { param, accepted, nearest } = error.facts;
    return { code: error.code, message: error.message, param, accepted, nearest };
  }
  throw new Error('It was accepted');
}
