import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './ensure.mjs';

/** Everything the built program depends on. */
const SOURCES = [
  'src',
  'migrations',
  'tsconfig.json',
  'tsconfig.build.json',
  'nest-cli.json',
  'package-lock.json',
  'scripts/compile.mjs',
];
const RECORD = '.easel-build.json';

/**
 * Was `dist` built from the sources as they are? Sizes and times are compared first; the contents
 * only when those differ (a fresh checkout), and then the times are noted for the next start.
 */
export function isBuilt() {
  const file = join(ROOT, 'dist', RECORD);
  if (!existsSync(file)) return false;
  const record = JSON.parse(readFileSync(file, 'utf8'));
  const now = stampSources();
  if (record.stamp === now) return true;
  if (record.hash !== hashSources()) return false;
  noteTimes(file, { ...record, stamp: now });
  return true;
}

/** Only saves the next start some reading, so a checkout of somebody else's may refuse it. */
function noteTimes(file, record) {
  try {
    writeFileSync(file, JSON.stringify(record));
  } catch (error) {
    if (error.code !== 'EACCES' && error.code !== 'EROFS') throw error;
  }
}

/** To be taken before the compiler reads: a file changed meanwhile must count as changed. */
export function describeSources() {
  return { stamp: stampSources(), hash: hashSources() };
}

export function recordBuild(folder, sources) {
  writeFileSync(join(folder, RECORD), JSON.stringify(sources));
}

/** Files under src and migrations, relative to the checkout, in a stable order. */
export function listSources() {
  return SOURCES.flatMap((name) => filesBelow(name)).sort();
}

function filesBelow(name) {
  const at = join(ROOT, name);
  if (!existsSync(at)) return [];
  if (!statSync(at).isDirectory()) return [name];
  return readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));
}

function stampSources() {
  const stamp = createHash('sha256');
  for (const file of listSources()) {
    const { size, mtimeMs } = statSync(join(ROOT, file));
    stamp.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return stamp.digest('hex');
}

function hashSources() {
  const hash = createHash('sha256');
  for (const file of listSources()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  }
  return hash.digest('hex');
}
