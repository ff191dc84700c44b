import { Module } from '@nestjs/common';
import { CreditsService } from './credits.service.js';
import { LedgerCheck } from './ledger-check.js';

@Module({ providers: [CreditsService, LedgerCheck], exports: [CreditsService, LedgerCheck] })
export class CreditsModule {}
