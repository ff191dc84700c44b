import './node-version.mjs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { exitWithCode, run } from './ensure.mjs';
import { prepare } from './prepare.mjs';

await prepare('full');
// The migrated database that suites get copies of. Of this run alone: the next may have other migrations.
process.env.TEST_DATABASE_TEMPLATE = `easel_template_${randomBytes(6).toString('hex')}`;
const jest = join('node_modules', 'jest', 'bin', 'jest.js');
const flags = ['--experimental-vm-modules', '--no-warnings'];
await run(process.execPath, [...flags, jest, ...process.argv.slice(2)]).catch(exitWithCode);
