import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { DomainError } from '../../../src/common/domain-error.js';
import { type CatalogModel, catalogOf, resolveRequest } from '../../../src/models/index.js';
import { readQuirks } from '../../../src/providers/openai-compatible/quirks.js';
import { requestFields } from '../../../src/providers/openai-compatible/request-body.js';
import { readCreateImage } from '../../../src/surfaces/openai/create-image.reader.js';
import { readEditImage } from '../../../src/surfaces/openai/edit-image.reader.js';
import { PROFILES } from '../../../src/surfaces/openai/profile.js';
import type { SentInput } from '../../../src/surface-kit/uploads/edit-upload.js';
import { parseUpstreams } from '../../../src/upstreams/upstream-config.js';
import { fieldsOf, type Probe, type Reached } from './probe.js';

const yaml = (file: string): unknown => parse(readFileSync(file, 'utf8'));

/** As shipped. */
export const CATALOG = catalogOf(yaml('config/catalog.yaml'));
const { upstreams } = parseUpstreams(yaml('config/upstreams.yaml'));

/** Models that no upstream serves as shipped. */
export const UNSERVED = CATALOG.available
  .map(({ name }) => name)
  .filter((name) => !upstreams.some(({ models }) => models !== '*' && models.has(name)));

/** What the catalog, and the way to the upstream as shipped, make of a request. Nothing is sent. */
export function predict(model: CatalogModel, probe: Probe): Reached {
  try {
    const asked = read(model, probe);
    const version = { version: 1, catalog: CATALOG };
    const resolved = resolveRequest(version, asked.parameters, asked.options);
    const { upstreamModel, quirks } = routeOf(model.name);
    const request = { ...resolved, inputs: undefined, generationId: '', upstreamModel };
    return {
      refused: false,
      ignored: [...asked.ignored, ...resolved.ignored],
      fields: requestFields(request, readQuirks(quirks)),
    };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { refused: true, ignored: [], fields: {} };
  }
}

function read({ name: model }: CatalogModel, probe: Probe) {
  const fields = { model, prompt: 'a lighthouse', ...fieldsOf(probe) };
  if (probe.operation === 'generate') return readCreateImage(fields, PROFILES.openai);
  const file: SentInput = { kind: 'asset', id: '', param: 'image' };
  const images = Array.from({ length: probe.images ?? 0 }, () => file);
  const mask = probe.mask ? file : null;
  return readEditImage({ fields, images, mask, imagesParam: 'image' }, PROFILES.openai);
}

function routeOf(model: string) {
  const routes = upstreams.flatMap(({ models, quirks }) => {
    const route = models === '*' ? undefined : models.get(model);
    return route ? [{ ...route, quirks: { ...quirks, ...route.quirks } }] : [];
  });
  return routes[0] ?? { upstreamModel: model, quirks: {} };
}
