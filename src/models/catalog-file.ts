import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { CatalogProblemsError } from './catalog.errors.js';

/** A catalog of a thousand models is well below this. */
const MAX_BYTES = 5 * 1024 * 1024;

/**
 * A file of the project's `config` folder, found from this module upwards, so
 * that it is the same in `src`, in `dist` and under Jest, whatever the working
 * directory; failing that, below the working directory.
 */
export function configFile(name: string): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'config', name);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return resolve('config', name);
  }
}

/**
 * Reads a catalog from YAML or JSON (which is YAML).
 *
 * @throws CatalogProblemsError when the file cannot be read or parsed; the
 * system's own words are in it, for whoever starts the server.
 */
export async function readCatalogFile(path: string): Promise<unknown> {
  try {
    if ((await stat(path)).size > MAX_BYTES) throw new Error(`It exceeds ${MAX_BYTES} bytes.`);
    return parse(await readFile(path, 'utf8'), { maxAliasCount: 1000 }) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CatalogProblemsError([{ path: '', message: `${path} cannot be read: ${reason}` }]);
  }
}
