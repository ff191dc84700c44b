// `node --import ./test/faults/runtime/register.mjs file.ts`: TypeScript without a build, outside a
// test runner, because the simulator replaces the process's clock and needs it to itself.
// PLANTED_EDITS: planted bugs for the sources, as JSON of [{file, from, to}].
import 'reflect-metadata';
import { register } from 'node:module';

const edits = JSON.parse(process.env.PLANTED_EDITS ?? '[]');
register('./typescript-hooks.mjs', import.meta.url, { data: edits });
