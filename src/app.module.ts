import { type DynamicModule, Module } from '@nestjs/common';
import { AccountsModule } from './accounts/index.js';
import { AdminModule } from './admin/index.js';
import { AdmissionModule } from './admission/index.js';
import { ApiKeysModule } from './api-keys/index.js';
import { ConfigModule, type Env, type EnvSecrets } from './config/index.js';
import { CreditsModule } from './credits/index.js';
import { type ConnectionSettings, DatabaseModule } from './database/index.js';
import { HealthModule } from './health/index.js';
import { ModelsModule } from './models/index.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { PagesModule } from './pages/index.js';
import { RelayModule } from './relay/index.js';
import { StorageModule } from './storage/index.js';
import { SurfaceKitModule } from './surface-kit/index.js';
import { McpSurfaceModule } from './surfaces/mcp/index.js';
import { AiRelaySurfaceModule } from './surfaces/ai-relay/index.js';
import { OpenTasksSurfaceModule } from './surfaces/open-tasks/index.js';
import { OpenAiSurfaceModule } from './surfaces/openai/index.js';
import { RestImagesModule } from './surfaces/rest-images/index.js';

export interface AppSettings {
  readonly env: Env;
  readonly secrets: EnvSecrets;
  readonly connection: ConnectionSettings;
}

/** The whole application; `main` and the tests differ only in these settings. */
@Module({})
export class AppModule {
  static forRoot({ env, secrets, connection }: AppSettings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(env, secrets),
        ObservabilityModule,
        DatabaseModule.forRoot(connection),
        AccountsModule,
        ModelsModule,
        CreditsModule,
        StorageModule,
        ApiKeysModule,
        AdmissionModule,
        RelayModule,
        SurfaceKitModule,
        AiRelaySurfaceModule,
        OpenAiSurfaceModule,
        OpenTasksSurfaceModule,
        RestImagesModule,
        McpSurfaceModule,
        PagesModule,
        AdminModule,
        HealthModule,
      ],
    };
  }
}
