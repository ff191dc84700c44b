export { ModerationModule } from './moderation.module.js';
export { type Takedown, Takedowns } from './takedowns.service.js';
