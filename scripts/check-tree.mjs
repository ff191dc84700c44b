// What eslint and prettier do not look at: the length of plain modules, left-over marks, tests that
// were skipped or focused, and addresses of package sources in the lock file.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ROOT } from './ensure.mjs';

const LONGEST_FILE = 300;
// Written in two halves, so that this file does not find itself.
const MARKS = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'];
const LEFT_OVER = new RegExp(`\\b(${MARKS.join('|')})\\b`);
// A test for one platform (`onLinux = isLinux ? it : it.skip`) is neither called nor matched here.
const NOT_RUN =
  /\b(describe|it|test)(\.each)?\.(skip|only|todo|failing)(\.each)?\(|\b(x|f)(describe|it|test)\(/;

process.chdir(ROOT);
const tracked = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8', maxBuffer: 1 << 26 });
const files = tracked.split('\0').filter(Boolean);
const problems = [...files.flatMap(inspect), ...sharedNames()];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);

function inspect(file) {
  if (file === 'package-lock.json') return inspectLines(file, [[/"resolved"/, 'names a source']]);
  if (!/\.(ts|mts|mjs|js|tsx|css|html|md|ya?ml|json|sh)$|^\.ci\/run$/.test(file)) return [];
  const found = inspectLines(file, [
    [LEFT_OVER, 'left-over mark'],
    [/\.(spec|int-spec|e2e-spec)\.ts$/.test(file) ? NOT_RUN : undefined, 'test that does not run'],
  ]);
  const length = /\.(ts|mjs)$/.test(file) ? countCode(read(file)) : 0;
  if (length > LONGEST_FILE)
    found.push(`${file}: ${length} lines of code, ${LONGEST_FILE} at most`);
  return found;
}

/** API documents key schemas by class name: two classes of one name document each other's answers. */
function sharedNames() {
  const places = new Map();
  for (const file of files.filter((name) => name.endsWith('.dto.ts'))) {
    for (const [, name] of read(file).matchAll(/^export class (\w+)/gm)) {
      places.set(name, [...(places.get(name) ?? []), file]);
    }
  }
  return [...places]
    .filter(([, where]) => where.length > 1)
    .map(([name, where]) => `${name} is declared in ${where.join(' and ')}`);
}

function inspectLines(file, rules) {
  const lines = read(file).split('\n');
  return rules.flatMap(([pattern, what]) =>
    lines.flatMap((line, i) => (pattern?.test(line) ? [`${file}:${i + 1}: ${what}`] : [])),
  );
}

/** Tracked, but removed in the working tree: nothing to inspect. */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

/** Lines that are neither blank nor comment only. */
function countCode(text) {
  const bare = text.replace(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, '').replace(/^\s*\/\/.*$/gm, '');
  return bare.split('\n').filter((line) => line.trim() !== '').length;
}
