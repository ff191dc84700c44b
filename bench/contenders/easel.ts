import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ADMIN_KEY, stubUpstream } from '../../test/support/app.js';
import { EaselProcess, freePort } from '../../test/support/easel-process.js';
import { Operator } from '../../test/faults/process/easels.js';
import type { Workbench } from '../workbench.js';
import type { Contender } from './contender.js';

const CREDITS = 1_000_000_000;

export interface Easel extends Contender {
  /** The rules of the ledger that are broken. */
  violations(): Promise<string[]>;
}

/** The built program as an operator starts it: its defaults, a key, credits, durable everything. */
export async function startEasel(bench: Workbench): Promise<Easel> {
  const database = await bench.postgres.database();
  const home = join(bench.folder.path, `easel-${randomBytes(4).toString('hex')}`);
  await mkdir(home, { recursive: true });
  const upstreams = join(home, 'upstreams.yaml');
  const stub = stubUpstream(`${bench.stub}/v1`, { maxConcurrent: 1_000 });
  await writeFile(upstreams, stringify({ upstreams: [stub] }));
  const process = new EaselProcess(bench.folder, {
    env: {
      PORT: String(await freePort()),
      DATABASE_URL: database.url,
      DATA_DIR: join(home, 'data'),
      MASTER_KEY: 'a master key for the bench, 32 characters',
      ADMIN_API_KEY: ADMIN_KEY,
      UPSTREAMS_FILE: upstreams,
      STUB_API_KEY: 'sk-stub-upstream-key',
      LOG_LEVEL: 'info',
    },
  });
  const origin = await process.listening();
  await bench.putOnMeasuredCore(process.pid);
  const operator = new Operator(() => origin);
  const { secret } = await operator.givenCustomer(CREDITS);
  return {
    name: 'Easel',
    door: { origin, headers: { authorization: `Bearer ${secret}` } },
    pid: process.pid,
    violations: () => operator.ledgerViolations(),
    stop: async () => void (await process.stop()),
  };
}
