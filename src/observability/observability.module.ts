import { Global, Module } from '@nestjs/common';
import { DrainService } from './drain.service.js';

/** One `DrainService` per application. Logs and metrics are plain functions and need no module. */
@Global()
@Module({ providers: [DrainService], exports: [DrainService] })
export class ObservabilityModule {}
