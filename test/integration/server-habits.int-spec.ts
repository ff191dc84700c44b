import { startLedgerNode } from '../support/ledger-node.js';
import { createTestDatabase } from '../support/database.js';
import { Database } from '../../src/database/index.js';

it('reads times to the millisecond on a server that writes them in another style', async () => {
  const database = await createTestDatabase();
  const name = new URL(database.url).pathname.slice(1);
  await database.query(`ALTER DATABASE ${name} SET datestyle = 'SQL, DMY'`);
  const node = await startLedgerNode(database);
  try {
    const [{ at }] = await node.get(Database).query<{ at: Date }>({
      text: `SELECT '2026-02-03T04:05:06.789Z'::timestamptz AS at`,
    });

    expect(at).toEqual(new Date('2026-02-03T04:05:06.789Z'));
  } finally {
    await node.close();
    await database.drop();
  }
});
