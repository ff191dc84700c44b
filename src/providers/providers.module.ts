import { Module } from '@nestjs/common';
import { localRenderer } from './local-renderer/index.js';
import { OpenAiCompatibleFactory } from './openai-compatible/openai-compatible.factory.js';
import { ProviderRegistry } from './provider-registry.js';

@Module({
  providers: [
    {
      provide: ProviderRegistry,
      useFactory: () => new ProviderRegistry([new OpenAiCompatibleFactory(), localRenderer]),
    },
  ],
  exports: [ProviderRegistry],
})
export class ProvidersModule {}
