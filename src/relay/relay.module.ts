import { Module } from '@nestjs/common';
import { CreditsModule } from '../credits/index.js';
import { EgressModule } from '../egress/index.js';
import { ModelsModule } from '../models/index.js';
import { StorageModule } from '../storage/index.js';
import { UpstreamsModule } from '../upstreams/index.js';
import { AttemptRunner } from './attempt.js';
import { Deliveries } from './deliveries.js';
import { GenerationLines } from './generation-lines.js';
import { GenerationReader } from './generation-reader.js';
import { GenerationStore } from './generation-store.js';
import { OperatorReader } from './operator-reader.js';
import { Recovery } from './recovery.js';
import { Repeats } from './repeats.js';
import { RetentionModule } from './retention/retention.module.js';
import { RelayLifecycle } from './relay-lifecycle.js';
import { RelayService } from './relay.service.js';
import { RelayViews } from './relay-views.js';
import { Runner } from './runner.js';
import { SharedGenerations } from './shared-generations.js';
import { TaskFollower } from './task-follower.js';
import { TaskPauses } from './task-pauses.js';
import { UsageReader } from './usage-reader.js';
import { Waiters } from './waiters.js';
import { WorkerLease } from './worker-lease.js';

@Module({
  imports: [
    CreditsModule,
    EgressModule,
    ModelsModule,
    RetentionModule,
    StorageModule,
    UpstreamsModule,
  ],
  providers: [
    AttemptRunner,
    Deliveries,
    GenerationLines,
    GenerationReader,
    GenerationStore,
    OperatorReader,
    Recovery,
    RelayLifecycle,
    RelayService,
    RelayViews,
    Repeats,
    Runner,
    SharedGenerations,
    TaskFollower,
    TaskPauses,
    UsageReader,
    Waiters,
    WorkerLease,
  ],
  exports: [
    GenerationLines,
    OperatorReader,
    RelayLifecycle,
    RelayService,
    Repeats,
    RetentionModule,
    SharedGenerations,
    TaskPauses,
    UsageReader,
  ],
})
export class RelayModule {}
