export { AdmissionGuard } from './admission.guard.js';
export { AdmissionModule } from './admission.module.js';
export { AdmissionService } from './admission.service.js';
export { BlockedTerms, type TermList } from './blocked-terms/blocked-terms.service.js';
export { fold } from './blocked-terms/fold.js';
export type { Caps, CapSet } from './caps.js';
export { formatDuration, rateHeaders } from './rate-headers.js';
export { RateLimitExceededError } from './rate-limit-exceeded.error.js';
export type { RateState } from './rate-limits.service.js';
