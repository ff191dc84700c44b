export { confirmWithDecoder } from './decoder.js';
export { ImageGate, type ImageFacts, MAGIC_BYTES, rasterTypeOf } from './image-gate.js';
export { ImageRejectedError, type ImageRejection } from './image-rejected.error.js';
