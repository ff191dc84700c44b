import { Module } from '@nestjs/common';
import { CreditsService } from './credits.service.js';
import { LedgerCheck } from './ledger-check.js';
import { LedgerWatch } from './ledger-watch.js';

@Module({
  providers: [CreditsService, LedgerCheck, LedgerWatch],
  exports: [CreditsService, LedgerCheck],
})
export class CreditsModule {}
