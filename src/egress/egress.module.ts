import { Module } from '@nestjs/common';
import { DialGuard } from './dial-guard.js';
import { DIALER, SocketDialer } from './dialer.js';
import { GuardedFetcher } from './guarded-fetcher.js';
import { RESOLVER, SystemResolver } from './resolver.js';

/** The one way out to addresses that other people wrote. */
@Module({
  providers: [
    { provide: DIALER, useClass: SocketDialer },
    { provide: RESOLVER, useClass: SystemResolver },
    DialGuard,
    GuardedFetcher,
  ],
  exports: [DialGuard, GuardedFetcher],
})
export class EgressModule {}
