import type { RigName } from '../mutant.js';
import type { OpenRig } from './rig.js';

/** How often a rig may look before a mutant has survived, and how often it looks without one. */
export interface Budget {
  readonly planted: number;
  readonly clean: number;
}

export const BUDGETS: Readonly<Record<RigName, Budget>> = {
  simulator: { planted: 60, clean: 10 },
  races: { planted: 20, clean: 10 },
  retries: { planted: 1, clean: 1 },
};

/** Loaded only when used: one replaces the process's clock, the others boot whole nodes. */
export async function openerOf(name: RigName): Promise<OpenRig> {
  switch (name) {
    case 'simulator':
      return (await import('./simulator.js')).openSimulator;
    case 'races':
      return (await import('./races.js')).openRaces;
    case 'retries':
      return (await import('./retries.js')).openRetries;
  }
}
