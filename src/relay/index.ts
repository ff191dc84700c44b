export type {
  Accepted,
  Caps,
  CapSet,
  Delivery,
  Generation,
  GenerationMode,
  GenerationStatus,
  Receipt,
  RelayCommand,
} from './generation.js';
export {
  type AttemptView,
  type GenerationFilter,
  type GenerationWithAttempts,
  OperatorReader,
} from './operator-reader.js';
export { GenerationLines } from './generation-lines.js';
export type { Preview, PreviewFeed } from './preview-feed.js';
export { RelayLifecycle } from './relay-lifecycle.js';
export { RelayModule } from './relay.module.js';
export { RelayService } from './relay.service.js';
export { type Asker, Repeats } from './repeats.js';
export { RetentionSettings } from './retention/retention-settings.js';
export { SharedGenerations, type SharedImages } from './shared-generations.js';
export { TaskPauses } from './task-pauses.js';
export { hasEnded, TRANSITIONS } from './transitions.js';
export {
  type KeyCounters,
  type UsageItem,
  type UsagePage,
  UsageReader,
  type UsageRequest,
} from './usage-reader.js';
