import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type CatalogDocument, catalogOf, resolveRequest } from '../models/index.js';
import { OpenAiCompatibleFactory } from '../providers/openai-compatible/openai-compatible.factory.js';
import { parseUpstreams, type UpstreamConfig } from './upstream-config.js';

const catalog = catalogOf(parse(readFileSync('config/catalog.yaml', 'utf8')) as CatalogDocument);
const { upstreams, problems } = parseUpstreams(
  parse(readFileSync('config/upstreams.yaml', 'utf8')),
);
const openai = upstreams.find(({ name }) => name === 'openai') as UpstreamConfig;
const routes = openai.models as Exclude<UpstreamConfig['models'], '*'>;

type ValueMap = Record<string, Record<string, string>>;

describe('config/upstreams.yaml', () => {
  it('has no problems and knows every quirk it names', () => {
    expect(problems).toEqual([]);
    const factory = Object.create(OpenAiCompatibleFactory.prototype) as OpenAiCompatibleFactory;
    const settings = { ...openai, apiKey: 'k', attemptTimeoutMs: 1000 };
    for (const { quirks } of routes.values()) {
      expect(factory.check({ ...settings, quirks })).toEqual([]);
    }
  });

  it('serves every model of OpenAI that the catalog sells, the retired names included', () => {
    const sold = catalog.available.filter(({ ownedBy }) => ownedBy === 'openai');

    expect(sold.length).toBeGreaterThan(8);
    expect(sold.map(({ name }) => name).filter((name) => !routes.has(name))).toEqual([]);
  });

  it('asks a successor only for what it takes', () => {
    for (const [name, { upstreamModel, quirks }] of routes) {
      const model = catalog.find(name)!;
      const { size = {}, quality = {} } = (quirks.mapValues ?? {}) as ValueMap;
      for (const { width, height } of model.sizes.list) {
        for (const asked of model.options.quality) {
          const wanted = `${width}x${height}`;
          const sent = {
            model: upstreamModel,
            operation: 'generate' as const,
            prompt: 'a boat',
            size: size[wanted] ?? wanted,
            quality: quality[asked] ?? asked,
          };
          expect(() =>
            resolveRequest({ version: 1, catalog }, sent, { strict: true }),
          ).not.toThrow();
        }
      }
    }
  });
});
