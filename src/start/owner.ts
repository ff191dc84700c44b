import type { Env } from '../config/index.js';
import { type EmbeddedDatabase, startEmbedded } from '../database/embedded/index.js';

export interface Owner {
  /** Logs in as the owner of the tables. */
  readonly url: string;
  /** Is it certain that nobody else uses the database? */
  readonly alone: boolean;
  /** Null with an external database. */
  readonly embedded: EmbeddedDatabase | null;
}

/** The database as it is, not migrated: the operator's, or our own below `DATA_DIR`. */
export async function connectAsOwner(env: Env, say: (message: string) => void): Promise<Owner> {
  if (env.DATABASE_URL) {
    return { url: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL, alone: false, embedded: null };
  }
  const embedded = await startEmbedded({ dataDir: env.DATA_DIR, log: say });
  return { url: embedded.ownerUrl, alone: !embedded.adopted, embedded };
}
