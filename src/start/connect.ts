import { Env } from '../config/index.js';
import { APPLICATION_ROLE, type ConnectionSettings, migrate } from '../database/index.js';
import { type EmbeddedDatabase, startEmbedded } from '../database/embedded/index.js';
import { logger } from '../observability/logger.js';

export interface Connected {
  readonly settings: ConnectionSettings;
  /** Null with an external database. */
  readonly embedded: EmbeddedDatabase | null;
}

const log = logger('start');

/**
 * A migrated database to serve from: the operator's, or one of our own below
 * `DATA_DIR`. Requests run as a role that is no superuser and cannot change the
 * journal: its own login where we made the server, `SET ROLE` where one URL is
 * all we were given.
 */
export async function connect(env: Env, say: (message: string) => void): Promise<Connected> {
  if (env.DATABASE_URL) {
    return { settings: await external(env, env.DATABASE_URL), embedded: null };
  }
  const embedded = await startEmbedded({ dataDir: env.DATA_DIR, log: say });
  try {
    await migrate(embedded.ownerUrl);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
  return { settings: { url: embedded.appUrl, pooled: false, role: null }, embedded };
}

async function external(env: Env, url: string): Promise<ConnectionSettings> {
  const direct = env.DATABASE_DIRECT_URL ?? url;
  const { roleUsable } = await migrate(direct);
  const pooled = direct !== url;
  if (!roleUsable && !pooled) {
    log.warn(
      `the login may not create or use the role ${APPLICATION_ROLE}: requests run as the owner ` +
        'of the tables. See docs/operating.md, "Database roles".',
    );
  }
  return { url, directUrl: direct, pooled, role: roleUsable && !pooled ? APPLICATION_ROLE : null };
}
