import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { parse } from 'yaml';
import { Env, EnvSecrets } from '../config/index.js';
import { ProviderRegistry } from '../providers/index.js';
import { settingsOf, Upstream } from './upstream.js';
import { parseUpstreams, type UpstreamConfig } from './upstream-config.js';

const DEFAULT_FILE = 'config/upstreams.yaml';

/** Draws for test keys and demonstrations, whatever the file says. */
const RENDERER: UpstreamConfig = {
  name: 'local',
  provider: 'local-renderer',
  baseUrl: null,
  apiKeyEnv: null,
  priority: 0,
  weight: 1,
  maxConcurrent: 8,
  attemptTimeoutSeconds: 120,
  allowPrivateNetwork: false,
  exposeLinks: false,
  safeToRepeat: true,
  trusted: true,
  demo: false,
  models: new Map(),
  quirks: {},
};

/** Turns the operator's file into upstreams that can be called. */
@Injectable()
export class UpstreamLoader {
  constructor(
    private readonly env: Env,
    private readonly secrets: EnvSecrets,
    private readonly registry: ProviderRegistry,
  ) {}

  /** @throws Error naming every problem of the file; a half-understood file must not route money. */
  async load(): Promise<Upstream[]> {
    const file = this.env.UPSTREAMS_FILE ?? DEFAULT_FILE;
    const { upstreams, problems } = parseUpstreams(parse(await readFile(file, 'utf8')));
    const built = upstreams.map((config) => this.build(config, problems));
    if (problems.length > 0) {
      throw new Error(`${file} has problems:\n  ${problems.join('\n  ')}`);
    }
    return built.filter((upstream) => upstream !== null);
  }

  /** The renderer that test keys always reach. */
  buildRenderer(): Upstream {
    return new Upstream(RENDERER, this.registry.factory(RENDERER.provider)!, null, null);
  }

  private build(config: UpstreamConfig, problems: string[]): Upstream | null {
    const factory = this.registry.factory(config.provider);
    if (!factory) {
      const kinds = this.registry.kinds().join(', ');
      problems.push(`${config.name}.provider: ${config.provider} is unknown (known: ${kinds})`);
      return null;
    }
    const apiKey = config.apiKeyEnv ? this.secrets.find(config.apiKeyEnv) : null;
    const missing = config.apiKeyEnv !== null && apiKey === null;
    if (!missing) {
      const found = factory.check(settingsOf(config, apiKey));
      problems.push(...found.map((problem) => `${config.name}.${problem}`));
    }
    return new Upstream(
      config,
      factory,
      apiKey,
      missing ? `the variable ${config.apiKeyEnv} is not set` : null,
    );
  }
}
