import './node-version.mjs';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { prepare } from './prepare.mjs';

// FILE is meant from where the command was typed; npm and the next line change the folder.
const typedIn = process.env.INIT_CWD ?? process.cwd();
const words = process.argv.splice(2);
process.argv.push(...words.map((word) => (word.startsWith('-') ? word : resolve(typedIn, word))));

await prepare('production');
if (existsSync('.env')) process.loadEnvFile('.env');
await import('../dist/src/backup.js');
