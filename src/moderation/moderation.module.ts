import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.js';
import { StorageModule } from '../storage/index.js';
import { Reports } from './reports.service.js';
import { Takedowns } from './takedowns.service.js';

/** What must not be shown: what people report, and what the operator removes. */
@Module({
  imports: [AuditModule, StorageModule],
  providers: [Reports, Takedowns],
  exports: [Reports, Takedowns],
})
export class ModerationModule {}
