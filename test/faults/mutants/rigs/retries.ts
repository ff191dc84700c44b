import { type AddressInfo, createServer } from 'node:net';
import OpenAI from 'openai';
import { startApp, stubUpstream, type TestApp } from '../../../support/app.js';
import { createTestDatabase } from '../../../support/database.js';
import { startUpstreamStub } from '../../../support/upstream-stub/upstream-stub.mjs';
import type { OpenRig } from './rig.js';

const BREAKS = 'gpt-image-2';
const UNREACHED = 'gpt-image-1.5';

/**
 * The official SDK as it is, which retries every 5xx unless `x-should-retry` says
 * otherwise: what was sent is sent once, what never left is tried again.
 */
export const openRetries: OpenRig = async (plant) => {
  const database = await createTestDatabase();
  await plant(database);
  const stub = await startUpstreamStub();
  const upstreams = [
    stubUpstream(stub.baseUrl, { models: [BREAKS] }),
    stubUpstream(`http://127.0.0.1:${await freePort()}/v1`, { name: 'gone', models: [UNREACHED] }),
  ];
  const app = await startApp({ database, upstreams });
  return {
    run: async () => {
      const found: string[] = [];
      for (const behaviour of ['cut-mid-body', 'status-503'] as const) {
        stub.always(behaviour);
        const many = await generationsOf(app, BREAKS);
        if (many > 1) found.push(`what had been sent was sent by ${many} generations`);
      }
      const unreached = await generationsOf(app, UNREACHED);
      return unreached > 1 ? found : [...found, 'what never left was not tried again'];
    },
    finish: async () => [],
    close: async () => {
      await app.stop();
      await stub.close();
      await database.drop();
    },
  };
};

/** One call of the SDK that fails in the end, and how many generations it made. */
async function generationsOf(app: TestApp, model: string): Promise<number> {
  const { secret, accountId } = await app.givenCustomer(100);
  const sdk = new OpenAI({ apiKey: secret, baseURL: `${app.url}/v1` });
  await sdk.images.generate({ model, prompt: 'a lighthouse' }).then(
    () => Promise.reject(new Error(`${model} was not to succeed`)),
    () => undefined,
  );
  const [{ many }] = await app.database.query<{ many: number }>(
    'SELECT count(*)::int AS many FROM generations WHERE account_id = $1',
    [accountId],
  );
  return many;
}

/** Nobody listens there. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
