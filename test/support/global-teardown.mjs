import { once } from 'node:events';
import pg from 'pg';

/** Stops the run's PostgreSQL; the guard then removes its folder. Of another one only the template goes. */
export default async function tearDown() {
  const run = globalThis.easelTestRun;
  if (run === undefined) return dropTemplate();
  await run.embedded.stop();
  run.guard.stdin.end();
  if (run.guard.exitCode === null) await once(run.guard, 'exit');
}

async function dropTemplate() {
  const { TEST_DATABASE_URL: connectionString, TEST_DATABASE_TEMPLATE: template } = process.env;
  if (template === undefined) return;
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${template}`);
  await client.end();
}
