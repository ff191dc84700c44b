import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { ApiKeysModule } from '../api-keys/index.js';
import { AdmissionGuard } from './admission.guard.js';
import { AdmissionService } from './admission.service.js';
import { BlockedTerms } from './blocked-terms/blocked-terms.service.js';
import { RateLimits } from './rate-limits.service.js';
import { UploadsInFlight } from './uploads-in-flight.js';

@Module({
  imports: [AccountsModule, ApiKeysModule],
  providers: [AdmissionService, AdmissionGuard, BlockedTerms, RateLimits, UploadsInFlight],
  exports: [AdmissionService, AdmissionGuard, BlockedTerms, UploadsInFlight],
})
export class AdmissionModule {}
