import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import pg from 'pg';

/**
 * How to reach the server of `url` with the fewest system calls: over its unix
 * socket where it has one, otherwise as the URL says.
 */
export async function nearest(url: string): Promise<pg.ClientConfig> {
  const { rows } = await once({ connectionString: url }, WHERE);
  const { folder, home } = rows[0] as { folder: string; home: string };
  const { port, username, password, pathname } = new URL(url);
  const host = resolve(home, folder);
  if (folder === '' || !existsSync(resolve(host, `.s.PGSQL.${port}`))) {
    return { connectionString: url };
  }
  const local: pg.ClientConfig = {
    host,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
  };
  return once(local, 'SELECT 1').then(
    () => local,
    () => ({ connectionString: url }),
  );
}

const WHERE = `SELECT split_part(current_setting('unix_socket_directories'), ',', 1) AS folder,
                      current_setting('data_directory') AS home`;

async function once(config: pg.ClientConfig, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}
