import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { stubUpstream } from './app.js';

interface Entry {
  readonly name: string;
  readonly models: Readonly<Record<string, object>>;
  readonly quirks?: object;
}

/**
 * The upstreams of `config/upstreams.yaml` with the stub in OpenAI's place, so that models go
 * where they go as shipped, under the names and with the quirks they have there.
 *
 * @param more models that nothing serves as shipped, which the stub is to serve too
 */
export async function shippedUpstreams(
  baseUrl: string,
  more: readonly string[] = [],
): Promise<object[]> {
  const text = await readFile('config/upstreams.yaml', 'utf8');
  const { upstreams } = parse(text) as { upstreams: Entry[] };
  return upstreams.map((entry) => {
    if (entry.name !== 'openai') return entry;
    const added = Object.fromEntries(more.map((model) => [model, {}]));
    return stubUpstream(baseUrl, { models: { ...entry.models, ...added } });
  });
}
