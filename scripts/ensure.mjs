import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The checkout; the scripts work in it wherever they were called from. */
export const ROOT = join(import.meta.dirname, '..');

const MARKER = join(ROOT, 'node_modules', '.easel-installed.json');
const HIDDEN_LOCK = join(ROOT, 'node_modules', '.package-lock.json');

/** Is everything that `mode` ('production' or 'full') needs installed? Cheap: two files are read. */
export function isInstalled(mode) {
  const wanted = lockHash();
  const marker = readJson(MARKER);
  if (marker?.hash === wanted && (marker.mode === 'full' || marker.mode === mode)) return true;
  if (!installedByHand(mode)) return false;
  writeMarker(mode);
  return true;
}

/**
 * Installs with npm what `mode` needs. Nothing here needs an install script, so none is run. On top
 * of a production install the rest is added in place: a running server keeps its files.
 */
export async function install(mode) {
  const marker = readJson(MARKER);
  const additive = marker?.mode === 'production' && marker.hash === lockHash();
  const what = mode === 'full' ? '--include=dev' : '--omit=dev';
  const command = additive ? ['install', '--no-save'] : ['ci'];
  console.log('Installing packages (first start or changed package-lock.json) …');
  const begun = Date.now();
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await npm([...command, what, '--include=optional', ...quiet]);
  writeMarker(mode);
  console.log(`Packages installed in ${seconds(begun)} s.`);
}

/** A program we ran has failed and said why itself. */
export class CommandFailed extends Error {
  constructor(code) {
    super(`a command ended with code ${code}`);
    this.code = code;
  }
}

/**
 * Runs a program with our terminal.
 * @throws CommandFailed
 */
export async function run(program, args, options = {}) {
  const child = spawn(program, args, { cwd: ROOT, stdio: 'inherit', ...options });
  const forward = (signal) => child.kill(signal);
  process.on('SIGTERM', forward);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? 1));
  });
  process.off('SIGTERM', forward);
  if (code !== 0) throw new CommandFailed(code);
}

/** For the end of a script: what failed has been said, so no stack follows it. */
export function exitWithCode(error) {
  if (!(error instanceof CommandFailed)) throw error;
  process.exit(error.code);
}

export function seconds(begun) {
  return ((Date.now() - begun) / 1000).toFixed(1);
}

function npm(args) {
  const cli = process.env.npm_execpath ?? '';
  if (basename(cli) === 'npm-cli.js') return run(process.execPath, [cli, ...args]);
  return run('npm', args, { shell: process.platform === 'win32' });
}

/** Somebody ran `npm ci` themselves: npm's own record of node_modules then matches our lock file. */
function installedByHand(mode) {
  const present = readJson(HIDDEN_LOCK)?.packages;
  if (present === undefined) return false;
  const wanted = readJson(join(ROOT, 'package-lock.json')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    const skipped = entry.optional || entry.devOptional || (mode === 'production' && entry.dev);
    return path === '' || skipped || present[path]?.version === entry.version;
  });
}

function writeMarker(mode) {
  writeFileSync(MARKER, JSON.stringify({ mode, hash: lockHash() }));
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
}

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}
