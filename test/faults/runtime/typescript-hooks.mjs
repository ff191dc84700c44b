// Module hooks: `./x.js` beside a TypeScript source is that source, translated as the tests' runner
// translates it.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const OPTIONS = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2023',
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
  swcrc: false,
};

let planted = [];

/** @param edits [{file, from, to}]: files by their path in the repository, with slashes */
export function initialize(edits) {
  planted = edits;
}

export async function resolve(specifier, context, next) {
  if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
    const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(url)) return { url: url.href, format: 'module', shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const source = plant(filename, await readFile(filename, 'utf8'));
  const { code } = await transform(source, { ...OPTIONS, filename });
  return { format: 'module', source: code, shortCircuit: true };
}

/** A fragment that is not there exactly once is an error: the bug would not be in the program. */
function plant(filename, source) {
  const name = relative(process.cwd(), filename).split(sep).join('/');
  const edits = planted.filter(({ file }) => file === name);
  return edits.reduce((text, { from, to }) => {
    const parts = text.split(from);
    if (parts.length === 2) return parts.join(to);
    throw new Error(`planted bug: ${name} has ${parts.length - 1} times: ${from}`);
  }, source);
}
