import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canReach, serverAccount, type Account } from './account.js';
import { copyBinaries, installedBinaries, type Binaries } from './binaries.js';

/** Where the parts of one embedded PostgreSQL are. */
export interface Layout {
  /** `DATA_DIR/postgres`: port, passwords, lock, who uses the server. */
  readonly control: string;
  /** The cluster's folder, what `initdb` makes. */
  readonly cluster: string;
  readonly serverLog: string;
  readonly account: Account;
  readonly binaries: Binaries;
  /** Marks this cluster's processes in the process table. */
  readonly tag: string;
}

/** May be entered, not listed: the server's account passes through, our secrets are 0600. */
const PASSABLE = 0o711;

/** Makes `DATA_DIR/postgres` and answers its absolute path. */
export async function controlFolder(dataDir: string): Promise<string> {
  await makePassable(dataDir);
  const control = join(await realpath(dataDir), 'postgres');
  await makePassable(control);
  return control;
}

async function makePassable(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true });
  if (made !== undefined) await chmod(folder, PASSABLE);
}

/**
 * Everything lives below DATA_DIR, unless we run as root from a folder that PostgreSQL's account
 * cannot enter (as under /root): then the server's files are under /var/lib. The caller holds the
 * folder's lock.
 */
export async function resolveLayout(
  control: string,
  log: (message: string) => void,
): Promise<Layout> {
  const account = await serverAccount(join(control, 'data'));
  const home = await homeFolder(control, account, log);
  const installed = await installedBinaries();
  const reachable = await canReach(installed.folder, account);
  return {
    control,
    cluster: join(home, 'data'),
    serverLog: join(home, 'server.log'),
    account,
    binaries: reachable ? installed : await copyBinaries(installed, home),
    tag: `easel-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`,
  };
}

/** The choice is written down: it must not change when somebody changes a folder's mode. */
async function homeFolder(
  control: string,
  account: Account,
  log: (message: string) => void,
): Promise<string> {
  const note = join(control, 'location');
  if (existsSync(note)) return knownHome(note);
  if (existsSync(join(control, 'data')) || (await canReach(control, account))) return control;
  const home = `/var/lib/easel-${randomBytes(6).toString('hex')}`;
  await makePassable(home);
  await writeFile(note, `${home}\n`);
  log(`Running as root from a private folder: PostgreSQL's files are in ${home}`);
  return home;
}

async function knownHome(note: string): Promise<string> {
  const home = (await readFile(note, 'utf8')).trim();
  if (existsSync(home)) return home;
  throw new Error(`${note} says that PostgreSQL's files are in ${home}, but that folder is gone`);
}
