export { AiRelaySurfaceModule } from './ai-relay.module.js';
export { EnvelopeErrorFilter } from './envelope/envelope-error.filter.js';
export { PREFIX } from './prefix.js';
