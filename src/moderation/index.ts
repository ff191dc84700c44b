export { ModerationModule } from './moderation.module.js';
export { MAX_NOTE, REPORT_REASONS, Reports } from './reports.service.js';
export { type Takedown, Takedowns } from './takedowns.service.js';
