import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { AdmissionModule } from '../admission/index.js';
import { ApiKeysModule } from '../api-keys/index.js';
import { AuditModule } from '../audit/index.js';
import { CreditsModule } from '../credits/index.js';
import { ModelsModule } from '../models/index.js';
import { ModerationModule } from '../moderation/index.js';
import { RelayModule } from '../relay/index.js';
import { SessionsModule } from '../sessions/index.js';
import { UpstreamsModule } from '../upstreams/index.js';
import { AccountPasswords } from './account-passwords.service.js';
import { AccountsController } from './accounts.controller.js';
import { AdminAuthenticator } from './admin-authenticator.js';
import { ApiKeysController } from './api-keys.controller.js';
import { AuditLogController } from './audit-log.controller.js';
import { BlockedTermsController } from './blocked-terms.controller.js';
import { CatalogController } from './catalog.controller.js';
import { CreditsController } from './credits.controller.js';
import { GenerationsController } from './generations.controller.js';
import { IpBlocksController } from './ip-blocks.controller.js';
import { LedgerController } from './ledger.controller.js';
import { MetricsController } from './metrics.controller.js';
import { PlansController } from './plans.controller.js';
import { ReportsController } from './reports.controller.js';
import { RetentionController } from './retention.controller.js';
import { StatsController } from './stats.controller.js';
import { StatsReader } from './stats-reader.js';
import { TakedownsController } from './takedowns.controller.js';
import { UpstreamsController } from './upstreams.controller.js';

/** The operator's API, design §7. */
@Module({
  imports: [
    AccountsModule,
    AdmissionModule,
    ApiKeysModule,
    AuditModule,
    CreditsModule,
    ModelsModule,
    ModerationModule,
    RelayModule,
    SessionsModule,
    UpstreamsModule,
  ],
  controllers: [
    AccountsController,
    CreditsController,
    ApiKeysController,
    BlockedTermsController,
    PlansController,
    UpstreamsController,
    CatalogController,
    GenerationsController,
    TakedownsController,
    ReportsController,
    AuditLogController,
    IpBlocksController,
    LedgerController,
    RetentionController,
    StatsController,
    MetricsController,
  ],
  providers: [AccountPasswords, AdminAuthenticator, StatsReader],
})
export class AdminModule {}
