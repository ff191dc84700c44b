import type { Database } from '../../database/index.js';

export interface LongStatement {
  readonly text: string;
  readonly timeoutMs: number;
  /** Aborted: the statement is given up at once and undone. */
  readonly signal: AbortSignal;
}

/** Without it the server works on for a client that is gone. Not every platform can tell. */
const NOTICE_LOSS = `
DO $$
BEGIN
  SET LOCAL client_connection_check_interval = '1s';
EXCEPTION WHEN OTHERS THEN
  NULL;
END $$`;

/**
 * Runs one statement that may take minutes, in a transaction of its own. A pool
 * that closes waits for its connections, so this one is cut when the process
 * stops; the server notices within a second.
 *
 * @throws DatabaseUnavailableError, or what the signal was aborted with
 */
export async function runLong<T extends object>(
  database: Database,
  { text, timeoutMs, signal }: LongStatement,
): Promise<T[]> {
  signal.throwIfAborted();
  const client = await database.connect();
  const ignore = () => undefined;
  let broken = true;
  const cut = once(() => {
    signal.removeEventListener('abort', cut);
    client.off('error', ignore);
    client.release(broken);
  });
  client.on('error', ignore);
  signal.addEventListener('abort', cut);
  try {
    await client.query('BEGIN');
    await client.query(NOTICE_LOSS);
    await client.query(`SET LOCAL statement_timeout = ${timeoutMs}`);
    const { rows } = await client.query<T>({ text, query_timeout: timeoutMs } as { text: string });
    await client.query('COMMIT');
    broken = false;
    return rows;
  } catch (error) {
    signal.throwIfAborted();
    throw database.translate(error);
  } finally {
    cut();
  }
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}
