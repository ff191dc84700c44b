import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureCluster } from './cluster.js';
import { credentials, urlFor, type Credentials } from './credentials.js';
import { withFolderLock } from './folder-lock.mjs';
import { controlFolder, resolveLayout, type Layout } from './layout.js';
import { keptPort } from './port.js';
import { findRunning, launch, shutDown, isAlive, type Postmaster } from './postmaster.js';
import { DATABASE, provision } from './provision.js';
import { Supervisor } from './supervisor.js';
import { Users } from './users.js';

/** Longer than an initdb and a recovery take together; the holder of the lock may do both. */
const LOCK_TIMEOUT_MS = 600_000;

export interface EmbeddedOptions {
  /** The server and all it writes are below this folder, which is made when it is not there. */
  readonly dataDir: string;
  readonly log: (message: string) => void;
  /** Server settings of this run, as in postgresql.conf; they count when we start the server. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedDatabase {
  /** As the role of the running program: no superuser, touches what the migrations grant. */
  readonly appUrl: string;
  /** As the owner of the database `easel`: for migrations. */
  readonly ownerUrl: string;
  /** As the cluster's superuser, in the database `postgres`. */
  readonly superuserUrl: string;
  /** Did the server run already? */
  readonly adopted: boolean;
  /** Ends the supervision; the last process that uses the server stops it. */
  stop(): Promise<void>;
}

/**
 * A PostgreSQL of our own below `dataDir`: made at the first start, adopted when it runs already,
 * started again when it dies. Any number of processes may share one folder.
 * @throws Error in words for the operator when the folder or the platform cannot carry it
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { log, settings = {} } = options;
  const control = await controlFolder(options.dataDir);
  const alone = lockOf(control, log);
  const users = new Users(control);
  const { layout, secrets, server, adopted } = await alone(() => bringUp(control, users, options));
  const supervisor = new Supervisor(server, {
    layout,
    log,
    alone,
    launch: (port) => launch(layout, port, settings),
  });
  return {
    appUrl: urlFor('app', secrets, server.port, DATABASE),
    ownerUrl: urlFor('owner', secrets, server.port, DATABASE),
    superuserUrl: urlFor('superuser', secrets, server.port, 'postgres'),
    adopted,
    stop: once(async () => {
      const last = await supervisor.stop();
      await alone(() => goDown(last, users, log));
    }),
  };
}

interface BroughtUp {
  readonly layout: Layout;
  readonly secrets: Credentials;
  readonly server: Postmaster;
  readonly adopted: boolean;
}

async function bringUp(
  control: string,
  users: Users,
  { log, settings = {} }: EmbeddedOptions,
): Promise<BroughtUp> {
  const layout = await resolveLayout(control, log);
  refuseLostPasswords(layout);
  const secrets = await credentials(control);
  await ensureCluster(layout, secrets.superuser, log);
  const running = await findRunning(layout);
  const server = running ?? (await launchOnKeptPort(layout, settings, log));
  log(`PostgreSQL ${layout.binaries.version} ${describe(server, running !== undefined)}`);
  await users.enter();
  try {
    await provision(secrets, server.port);
  } catch (error) {
    await goDown(server, users, log);
    throw error;
  }
  return { layout, secrets, server, adopted: running !== undefined };
}

function describe({ pid, port }: Postmaster, adopted: boolean): string {
  return `${adopted ? 'was running already' : 'runs'} on port ${port} (process ${pid})`;
}

/** A second try on another port: somebody may take it between our look and the server's. */
async function launchOnKeptPort(
  layout: Layout,
  settings: Readonly<Record<string, string>>,
  log: (message: string) => void,
): Promise<Postmaster> {
  const port = await keptPort(layout.control, log);
  try {
    return await launch(layout, port, settings);
  } catch (error) {
    const second = await keptPort(layout.control, log);
    if (second === port) throw error;
    return launch(layout, second, settings);
  }
}

function refuseLostPasswords({ control, cluster }: Layout): void {
  const file = join(control, 'credentials.json');
  if (!existsSync(cluster) || existsSync(file)) return;
  throw new Error(`${cluster} is there, but its passwords (${file}) are gone`);
}

async function goDown(
  server: Postmaster,
  users: Users,
  log: (message: string) => void,
): Promise<void> {
  const last = await users.leave();
  if (!last || !(await isAlive(server))) return;
  await shutDown(server);
  log(`PostgreSQL (process ${server.pid}) stopped`);
}

function lockOf(control: string, log: (message: string) => void) {
  return <T>(work: () => Promise<T>): Promise<T> =>
    withFolderLock(join(control, 'lock'), work, {
      onWait: (pid) => log(`Waiting for process ${pid}, which prepares the database in ${control}`),
      timeoutMs: LOCK_TIMEOUT_MS,
    });
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
