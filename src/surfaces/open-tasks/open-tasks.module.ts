import { Module } from '@nestjs/common';
import { AdmissionModule } from '../../admission/index.js';
import { ApiKeysModule } from '../../api-keys/index.js';
import { CreditsModule } from '../../credits/index.js';
import { RelayModule } from '../../relay/index.js';
import { StorageModule } from '../../storage/index.js';
import { CommandsModule, SurfaceKitModule, UploadsModule } from '../../surface-kit/index.js';
import { CreateTaskService } from './create-task.service.js';
import { OpenTasksCreditsController } from './credits.controller.js';
import { OpenTasksErrorFilter } from './open-tasks-error.filter.js';
import { TaskAnswers } from './task-answers.service.js';
import { TaskCredits } from './task-credits.service.js';
import { OpenTasksController } from './tasks.controller.js';

/** The GPT Image 2 Open API: create a task, ask after it, read the balance. */
@Module({
  imports: [
    AdmissionModule,
    ApiKeysModule,
    CreditsModule,
    CommandsModule,
    RelayModule,
    StorageModule,
    SurfaceKitModule,
    UploadsModule,
  ],
  controllers: [OpenTasksController, OpenTasksCreditsController],
  providers: [CreateTaskService, OpenTasksErrorFilter, TaskAnswers, TaskCredits],
})
export class OpenTasksSurfaceModule {}
