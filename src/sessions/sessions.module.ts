import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { SessionCookie } from './session-cookie.js';
import { Sessions } from './sessions.service.js';
import { SignIn } from './sign-in.service.js';
import { Throttle } from './throttle.service.js';

/** Sign-in for people. */
@Module({
  imports: [AccountsModule],
  providers: [SessionCookie, Sessions, SignIn, Throttle],
  exports: [SessionCookie, Sessions, SignIn, Throttle],
})
export class SessionsModule {}
