import './node-version.mjs';
import { join } from 'node:path';
import { exitWithCode, run } from './ensure.mjs';
import { prepare } from './prepare.mjs';

await prepare('full');
const register = join('test', 'faults', 'runtime', 'register.mjs');
const flags = ['--enable-source-maps', '--no-warnings', '--import', `./${register}`];
const program = [...flags, join('bench', 'main.ts')];
await run(process.execPath, [...program, ...process.argv.slice(2)]).catch(exitWithCode);
