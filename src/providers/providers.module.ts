import { Module } from '@nestjs/common';
import { DialGuard, EgressModule } from '../egress/index.js';
import { localRenderer } from './local-renderer/index.js';
import { OpenAiCompatibleFactory } from './openai-compatible/openai-compatible.factory.js';
import { ProviderRegistry } from './provider-registry.js';

@Module({
  imports: [EgressModule],
  providers: [
    {
      provide: ProviderRegistry,
      inject: [DialGuard],
      useFactory: (guard: DialGuard) =>
        new ProviderRegistry([new OpenAiCompatibleFactory(guard), localRenderer]),
    },
  ],
  exports: [ProviderRegistry],
})
export class ProvidersModule {}
