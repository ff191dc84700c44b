import { Test } from '@nestjs/testing';
import { ConfigModule, EnvSecrets, loadEnv } from '../config/index.js';
import { ProviderRegistry } from './provider-registry.js';
import { ProvidersModule } from './providers.module.js';

describe(ProviderRegistry.name, () => {
  it('knows the kinds of this build, each by its own name', async () => {
    const config = ConfigModule.forRoot(loadEnv({}), new EnvSecrets({}));
    const module = await Test.createTestingModule({ imports: [config, ProvidersModule] }).compile();
    const registry = module.get(ProviderRegistry);
    expect(registry.kinds()).toEqual(['openai-compatible', 'local-renderer']);
    for (const kind of registry.kinds()) expect(registry.factory(kind)?.kind).toBe(kind);
    expect(registry.factory('toString')).toBeNull();
  });
});
