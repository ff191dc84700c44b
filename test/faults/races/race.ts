import { Random } from '../simulator/random.js';
import type { Field } from './field.js';
import { Round } from './round.js';
import { Takeover } from './takeover.js';

/** @returns what the race of this seed violated */
export async function race(field: Field, seed: number): Promise<readonly string[]> {
  const takeover = await new Takeover(field, new Random(seed)).run();
  return [...takeover, ...(await new Round(field, new Random(seed)).run())];
}
