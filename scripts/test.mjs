import './node-version.mjs';
import { join } from 'node:path';
import { exitWithCode, run } from './ensure.mjs';
import { prepare } from './prepare.mjs';

await prepare('full');
const jest = join('node_modules', 'jest', 'bin', 'jest.js');
const flags = ['--experimental-vm-modules', '--no-warnings'];
await run(process.execPath, [...flags, jest, ...process.argv.slice(2)]).catch(exitWithCode);
