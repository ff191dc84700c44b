import { MONEY } from './money.js';
import type { Mutant } from './mutant.js';
import { ONCE } from './once.js';
import { WORK } from './work.js';

export const MUTANTS: readonly Mutant[] = [...MONEY, ...ONCE, ...WORK];
