import type { TestingModule } from '@nestjs/testing';
import type pg from 'pg';
import { DataSource } from 'typeorm';

const LONGEST_MS = 30_000;

/**
 * The program takes a database that does not answer within 1.5 s for one that is away. In tests that
 * would be a verdict on the machine: here its pool waits twenty times as long. One that is cut off
 * is away at once all the same.
 */
export async function givePatience(module: TestingModule): Promise<TestingModule> {
  const { master } = module.get(DataSource).driver as unknown as { master: pg.Pool };
  Object.assign(master.options, {
    connectionTimeoutMillis: LONGEST_MS,
    query_timeout: LONGEST_MS,
    statement_timeout: LONGEST_MS,
    lock_timeout: LONGEST_MS,
  });
  // What was opened with the limits of before is not kept.
  for (let { idleCount } = master; idleCount > 0; idleCount -= 1) {
    (await master.connect()).release(true);
  }
  return module;
}
