import { Module } from '@nestjs/common';
import { ModelsModule } from '../models/index.js';
import { ModerationModule } from '../moderation/index.js';
import { RelayModule } from '../relay/index.js';
import { SessionsModule } from '../sessions/index.js';
import { StorageModule } from '../storage/index.js';
import { AssetsController } from './assets.controller.js';
import { Forms } from './forms.service.js';
import { LandingController } from './landing/landing.controller.js';
import { ReportController } from './report/report.controller.js';
import { ShareController } from './share/share.controller.js';
import { SharedPages } from './share/shared-pages.service.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { TaskLogController } from './task-log/task-log.controller.js';
import { TaskLog } from './task-log/task-log.service.js';
import { Visitors } from './visitors.service.js';

/** Pages for people: rendered here, without scripts. */
@Module({
  imports: [ModelsModule, ModerationModule, RelayModule, SessionsModule, StorageModule],
  controllers: [
    AssetsController,
    LandingController,
    ReportController,
    ShareController,
    SignInController,
    TaskLogController,
  ],
  providers: [Forms, SharedPages, TaskLog, Visitors],
})
export class PagesModule {}
