import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeysService } from './api-keys.service.js';
import { KeyAuthenticator } from './key-authenticator.js';
import { KeyUses } from './key-uses.service.js';

@Module({
  imports: [AccountsModule],
  providers: [ApiKeysService, KeyAuthenticator, KeyUses, ApiKeyGuard],
  exports: [ApiKeysService, KeyAuthenticator, ApiKeyGuard],
})
export class ApiKeysModule {}
