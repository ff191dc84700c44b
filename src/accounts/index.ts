export type { Account, AccountChange, AccountDraft, AccountStatus } from './account.js';
export { AccountsModule } from './accounts.module.js';
export { AccountsService } from './accounts.service.js';
export { checkLimits, type LimitKind } from './limits.js';
export { PasswordHasher } from './password-hasher.js';
export { PLAN_NAMES, type PlanLimits, type PlanName } from './plan.js';
export { PlansService } from './plans.service.js';
