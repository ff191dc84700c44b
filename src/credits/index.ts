export { CreditsModule } from './credits.module.js';
export {
  type Balance,
  type CorrectionRequest,
  CreditsService,
  type GrantKind,
  type GrantRequest,
} from './credits.service.js';
export { type StatementKind, type StatementLine, StatementReader } from './statement-reader.js';
export { LedgerCheck, type LedgerReport, type Violation } from './ledger-check.js';
