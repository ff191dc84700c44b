export { CreditsModule } from './credits.module.js';
export {
  type Balance,
  type CorrectionRequest,
  CreditsService,
  type GrantKind,
  type GrantRequest,
} from './credits.service.js';
export { LedgerCheck, type LedgerReport, type Violation } from './ledger-check.js';
