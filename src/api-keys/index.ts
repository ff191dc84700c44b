export type { ApiKey, KeyChange, KeyDraft, KeyLimitsChange, KeySettings } from './api-key.js';
export { ApiKeyGuard } from './api-key.guard.js';
export { ApiKeysModule } from './api-keys.module.js';
export { ApiKeysService } from './api-keys.service.js';
export * from './caller.js';
export type { KeyHeader } from './credential.js';
export { callerOrThrow, CurrentCaller, findCaller } from './current-caller.decorator.js';
export { KeyAuthenticator } from './key-authenticator.js';
export { RequireScope } from './require-scope.decorator.js';
