import { randomBytes } from 'node:crypto';
import type { TestDatabase } from './database.js';

/**
 * Copies of a generation, with ids and times of the very millisecond it was made
 * in; a copy has no hold and no images.
 *
 * @returns the ids of all of them and the original's, newest first
 */
export async function generationsOfOneMoment(
  database: TestDatabase,
  original: string,
  copies: number,
): Promise<string[]> {
  const ids = Array.from({ length: copies }, () => ofSameMoment(original));
  await database.query(
    `INSERT INTO generations
     SELECT (jsonb_populate_record(g, jsonb_build_object('id', c.id, 'hold_credits', 0,
              'unit_credits', 0, 'captured', 0))).*
       FROM generations g, unnest($2::uuid[]) AS c (id) WHERE g.id = $1`,
    [original, ids],
  );
  await database.query(
    `INSERT INTO generation_inputs
     SELECT (jsonb_populate_record(i, jsonb_build_object('generation_id', c.id))).*
       FROM generation_inputs i, unnest($2::uuid[]) AS c (id) WHERE i.generation_id = $1`,
    [original, ids],
  );
  return [original, ...ids].sort().reverse();
}

/** A UUIDv7 is its millisecond, then chance. */
function ofSameMoment(id: string): string {
  const chance = randomBytes(8).toString('hex');
  return `${id.slice(0, 13)}-7${chance.slice(0, 3)}-a${chance.slice(3, 6)}-${chance.slice(4)}`;
}
