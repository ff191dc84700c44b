export { DialGuard, type GuardOptions } from './dial-guard.js';
export { DIALER, type Dialer, type DialTarget } from './dialer.js';
export { EgressError, type EgressReason } from './egress-error.js';
export { EgressModule } from './egress.module.js';
export { type FetchedFile, type FetchOptions, GuardedFetcher } from './guarded-fetcher.js';
export { isPublicAddress } from './public-address.js';
export { type AddressResolver, RESOLVER } from './resolver.js';
