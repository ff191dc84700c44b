import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/index.js';
import { StorageModule } from '../storage/index.js';
import { Takedowns } from './takedowns.service.js';

/** What must not be shown: what the operator removes. */
@Module({
  imports: [AuditModule, StorageModule],
  providers: [Takedowns],
  exports: [Takedowns],
})
export class ModerationModule {}
