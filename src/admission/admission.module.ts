import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { ApiKeysModule } from '../api-keys/index.js';
import { AdmissionGuard } from './admission.guard.js';
import { AdmissionService } from './admission.service.js';
import { BlockedTerms } from './blocked-terms/blocked-terms.service.js';
import { IpBlockGuard } from './ip-block.guard.js';
import { IpBlocks } from './ip-blocks.service.js';
import { PaidAccountGuard } from './paid-account.guard.js';
import { RateLimits } from './rate-limits.service.js';
import { UploadsInFlight } from './uploads-in-flight.js';

@Module({
  imports: [AccountsModule, ApiKeysModule],
  providers: [
    AdmissionService,
    AdmissionGuard,
    BlockedTerms,
    IpBlockGuard,
    IpBlocks,
    PaidAccountGuard,
    RateLimits,
    UploadsInFlight,
  ],
  exports: [
    AdmissionService,
    AdmissionGuard,
    BlockedTerms,
    IpBlockGuard,
    IpBlocks,
    PaidAccountGuard,
    UploadsInFlight,
  ],
})
export class AdmissionModule {}
