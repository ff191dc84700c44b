import { Module } from '@nestjs/common';
import { AccountsService } from './accounts.service.js';
import { PasswordHasher } from './password-hasher.js';
import { PlansService } from './plans.service.js';

@Module({
  providers: [AccountsService, PlansService, PasswordHasher],
  exports: [AccountsService, PlansService, PasswordHasher],
})
export class AccountsModule {}
