export { AiRelaySurfaceModule } from './ai-relay.module.js';
export { EnvelopeErrorFilter } from './envelope/envelope-error.filter.js';
export { NativeErrorFilter } from './native/native-error.filter.js';
export { NATIVE_PREFIX, PREFIX as ENVELOPE_PREFIX } from './prefix.js';
