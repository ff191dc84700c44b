export { AuditModule } from './audit.module.js';
export { type AuditEntry, AuditLog, type AuditRecord } from './audit-log.js';
