import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROLES } from './credentials.js';
import type { Layout } from './layout.js';

const run = promisify(execFile);

const INIT_TIMEOUT_MS = 120_000;

/** Written into postgresql.conf, where an operator may change them. */
const DEFAULTS = [
  'max_connections=100',
  'shared_buffers=128MB',
  'jit=off',
  'timezone=UTC',
  'log_timezone=UTC',
  'log_checkpoints=off',
];

/**
 * Makes the cluster when there is none. It is made in a folder of its own and renamed, so that a
 * kill in the middle leaves nothing half-made. The caller holds the folder's lock.
 * @throws Error when the cluster is of another major version of PostgreSQL
 */
export async function ensureCluster(
  layout: Layout,
  superuserPassword: string,
  log: (message: string) => void,
): Promise<void> {
  if (existsSync(join(layout.cluster, 'PG_VERSION'))) return refuseOtherMajor(layout);
  log(`Creating the database cluster in ${layout.cluster}`);
  const home = dirname(layout.cluster);
  await removeHalfMade(home);
  const workshop = join(home, `init-${process.pid}`);
  const made = join(workshop, 'data');
  await mkdir(made, { recursive: true, mode: 0o700 });
  const passwordFile = join(workshop, 'password');
  await writeFile(passwordFile, superuserPassword, { mode: 0o600 });
  await giveTo(layout.account, [workshop, made, passwordFile]);
  await initdb(layout, made, passwordFile);
  await rename(made, layout.cluster);
  await rm(workshop, { recursive: true, force: true });
}

async function initdb(layout: Layout, folder: string, passwordFile: string): Promise<void> {
  const program = join(layout.binaries.folder, 'bin', 'initdb');
  const args = ['-D', folder, '-U', ROLES.superuser, '-A', 'scram-sha-256'];
  args.push('--pwfile', passwordFile, '-E', 'UTF8', '--no-instructions', '--locale=C');
  args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  args.push(...DEFAULTS.flatMap((setting) => ['--set', setting]));
  // An environment of its own: ours holds secrets, and the server's account can read its own.
  const options = { ...layout.account, cwd: folder, env: { LC_ALL: 'C' } };
  await run(program, args, { ...options, timeout: INIT_TIMEOUT_MS });
}

async function giveTo({ uid, gid }: Layout['account'], paths: string[]): Promise<void> {
  if (uid === undefined || gid === undefined) return;
  for (const path of paths) await chown(path, uid, gid);
}

async function removeHalfMade(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (/^init-\d+$/.test(name)) await rm(join(home, name), { recursive: true, force: true });
  }
}

async function refuseOtherMajor(layout: Layout): Promise<void> {
  const found = (await readFile(join(layout.cluster, 'PG_VERSION'), 'utf8')).trim();
  const [ours] = layout.binaries.version.split('.');
  if (found === ours) return;
  throw new Error(
    `${layout.cluster} was made by PostgreSQL ${found}, and this Easel brings PostgreSQL ${ours}. ` +
      'Write a backup with the Easel that made it (npm run backup -- FILE), then move ' +
      `${layout.control} away and read it in with: npm run restore -- FILE`,
  );
}
