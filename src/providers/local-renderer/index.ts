export { FAULTS, type Fault } from './faults.js';
export { localRenderer } from './local-renderer.provider.js';
