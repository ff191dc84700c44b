import { buffer } from 'node:stream/consumers';
import pg from 'pg';
import type { BlobDriver } from '../storage/index.js';

const PAGE_ROWS = 1_000;
/** Looked up at once: a bucket takes a round trip for each. */
const PARALLEL = 32;
const TELL_EVERY_MS = 5_000;
const EXAMPLES = 5;

export interface ImageCheck {
  /** Images that the database says are stored. */
  readonly expected: number;
  /** Those of them that the store does not have, or has with another size. */
  readonly missing: number;
  /** Up to five of their ids. */
  readonly examples: readonly string[];
  /** Why the store does not belong to the database, or null when it does. */
  readonly stranger: string | null;
}

interface ImageRow {
  readonly id: string;
  readonly account_id: string;
  readonly bytes: string;
}

/**
 * Looks for every image that the database names. A backup holds none, so after
 * a restore this tells whether the folder or bucket has come along.
 *
 * @throws whatever the store fails with when it cannot be asked at all
 */
export async function checkImages(
  ownerUrl: string,
  store: BlobDriver,
  say: (message: string) => void,
): Promise<ImageCheck> {
  const client = new pg.Client({ connectionString: ownerUrl, keepAlive: true });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const stranger = await compareIdentity(client, store);
    let [expected, missing] = [0, 0];
    let examples: string[] = [];
    let told = performance.now();
    for await (const page of pages(client)) {
      const absent = await missingOf(page, store);
      expected += page.length;
      missing += absent.length;
      examples = [...examples, ...absent].slice(0, EXAMPLES);
      if (performance.now() - told < TELL_EVERY_MS) continue;
      told = performance.now();
      say(`  … ${expected} images looked for, ${missing} missing`);
    }
    return { expected, missing, examples, stranger };
  } finally {
    await client.end();
  }
}

async function* pages(client: pg.Client): AsyncGenerator<ImageRow[]> {
  let last = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await client.query<ImageRow>(
      `SELECT id, account_id, bytes FROM public.assets
        WHERE removed_at IS NULL AND purged_at IS NULL AND id > $1 ORDER BY id LIMIT $2`,
      [last, PAGE_ROWS],
    );
    if (rows.length === 0) return;
    yield rows;
    last = rows.at(-1)!.id;
  }
}

async function missingOf(page: readonly ImageRow[], store: BlobDriver): Promise<string[]> {
  const missing: string[] = [];
  const queue = page.values();
  const look = async () => {
    for (const { id, account_id: accountId, bytes } of queue) {
      const found = await store.open({ accountId, assetId: id }, { start: 0, end: 0 });
      // Read to its end, so that the connection to a bucket can be used again.
      if (found) await buffer(found.stream);
      if (found?.size !== Number(bytes)) missing.push(id);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, look));
  return missing;
}

async function compareIdentity(client: pg.Client, store: BlobDriver): Promise<string | null> {
  const { rows } = await client.query<{ value: string }>(
    `SELECT value FROM public.settings WHERE key = 'store_id'`,
  );
  const stored = await store.readIdentity();
  if (rows.length === 0 || rows[0].value === stored) return null;
  return `it carries ${stored ? `the id ${stored}` : 'no id'}, and the database expects ${rows[0].value}`;
}
