import { Module } from '@nestjs/common';
import { CreditsService } from './credits.service.js';
import { LedgerCheck } from './ledger-check.js';
import { LedgerWatch } from './ledger-watch.js';
import { StatementReader } from './statement-reader.js';

@Module({
  providers: [CreditsService, LedgerCheck, LedgerWatch, StatementReader],
  exports: [CreditsService, LedgerCheck, StatementReader],
})
export class CreditsModule {}
