import { type ClientRequest, request } from 'node:http';
import type { Stall } from './job.js';
import { requestOf } from './requests.js';

const held: ClientRequest[] = [];

/** Resolves when every reader has its head; from then on nobody reads. */
export async function stall({ door, kind, readers }: Stall): Promise<number> {
  const heads = Array.from({ length: readers }, async () => {
    const { path, headers, body } = await requestOf(kind);
    const options = { method: 'POST', headers: { ...door.headers, ...headers }, agent: false };
    await new Promise<void>((resolve, reject) => {
      const asking = request(door.origin + path, options, (response) => {
        response.pause();
        if (response.statusCode === 200) resolve();
        else reject(new Error(`a reader that stalls was answered ${response.statusCode}`));
      });
      asking.once('error', reject);
      asking.end(body);
      held.push(asking);
    });
  });
  await Promise.all(heads);
  return readers;
}

export function release(): void {
  for (const asking of held.splice(0)) {
    asking.on('error', () => undefined);
    asking.destroy();
  }
}
