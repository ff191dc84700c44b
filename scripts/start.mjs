import './node-version.mjs';
import { existsSync } from 'node:fs';
import { prepare } from './prepare.mjs';

await prepare('production');
if (existsSync('.env')) process.loadEnvFile('.env');
await import('../dist/src/main.js');
