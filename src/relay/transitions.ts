import type { GenerationStatus } from './generation.js';

/** Every change of status there is; what is not here, the settle function refuses. */
export const TRANSITIONS: Readonly<Record<GenerationStatus, readonly GenerationStatus[]>> = {
  pending: ['processing'],
  // A worker that died is replaced: processing again, under another lease.
  processing: ['processing', 'succeeded', 'failed', 'canceled'],
  succeeded: [],
  failed: [],
  canceled: [],
};

export function hasEnded(status: GenerationStatus): boolean {
  return TRANSITIONS[status].length === 0;
}
