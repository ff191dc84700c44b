import type { Workbench } from '../workbench.js';
import { type Contender, NotHereError } from './contender.js';
import { startNginx } from './nginx.js';
import { startPortkey } from './portkey.js';

/** nginx and Portkey, those that are here; a word about those that are not. */
export async function startPeers(bench: Workbench): Promise<Contender[]> {
  if (!bench.settings.peers) return [];
  const here: Contender[] = [];
  for (const start of [startNginx, startPortkey]) {
    try {
      here.push(await start(bench));
    } catch (error) {
      if (!(error instanceof NotHereError)) throw error;
      bench.say(`left out: ${error.message}`);
    }
  }
  return here;
}
