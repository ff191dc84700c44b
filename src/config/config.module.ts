import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Env } from './env.js';
import { EnvSecrets } from './env-secrets.js';

/** Makes the checked environment injectable everywhere. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(env: Env, secrets: EnvSecrets): DynamicModule {
    return {
      module: ConfigModule,
      providers: [
        { provide: Env, useValue: env },
        { provide: EnvSecrets, useValue: secrets },
      ],
      exports: [Env, EnvSecrets],
    };
  }
}
