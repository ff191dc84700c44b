// `node --import ./test/faults/runtime/register.mjs file.ts`: TypeScript without a build, outside a
// test runner, because the simulator replaces the process's clock and needs it to itself.
import 'reflect-metadata';
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
