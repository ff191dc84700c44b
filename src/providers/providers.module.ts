import { Module } from '@nestjs/common';
import { OpenAiCompatibleFactory } from './openai-compatible/openai-compatible.factory.js';
import { ProviderRegistry } from './provider-registry.js';

@Module({
  providers: [
    {
      provide: ProviderRegistry,
      useFactory: () => new ProviderRegistry([new OpenAiCompatibleFactory()]),
    },
  ],
  exports: [ProviderRegistry],
})
export class ProvidersModule {}
