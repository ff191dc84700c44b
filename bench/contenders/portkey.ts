import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../test/support/easel-process.js';
import { Child } from '../child.js';
import type { Workbench } from '../workbench.js';
import { type Contender, NotHereError } from './contender.js';
import { whenItAnswers } from './when-it-answers.js';

const VERSION = '1.15.2';
const INSTALL_TIMEOUT_MS = 120_000;

/** A gateway of the kind people use; it bills and stores nothing. */
export async function startPortkey(bench: Workbench): Promise<Contender> {
  const program = await installed(bench);
  const port = await freePort();
  const command = [process.execPath, program, `--port=${port}`, '--headless'];
  const env = { NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1' };
  const child = Child.start(bench.folder, command, { env, quiet: true });
  const origin = `http://127.0.0.1:${port}`;
  await whenItAnswers(origin);
  await bench.putOnMeasuredCore(child.pid);
  const headers = {
    authorization: 'Bearer sk-bench',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${bench.stub}/v1`,
  };
  return { name: 'Portkey', door: { origin, headers }, pid: child.pid, stop: () => child.stop() };
}

/** Outside the project's dependencies, once per machine. */
async function installed(bench: Workbench): Promise<string> {
  const home = join(tmpdir(), 'easel-bench', `portkey-${VERSION}`);
  const program = join(home, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  if (existsSync(program)) return program;
  bench.say(`installing @portkey-ai/gateway ${VERSION} in ${home} …`);
  await mkdir(home, { recursive: true });
  const words = ['install', '--prefix', home, '--ignore-scripts', '--no-audit', '--no-fund'];
  const install = promisify(execFile)('npm', [...words, `@portkey-ai/gateway@${VERSION}`], {
    cwd: home,
    timeout: INSTALL_TIMEOUT_MS,
  });
  await install.catch(() => {
    throw new NotHereError(`@portkey-ai/gateway ${VERSION} could not be installed`);
  });
  return program;
}
