import { jest } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ADMIN_KEY, RENDERER, startApp, stubUpstream, type TestApp } from '../support/app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { EaselProcess } from '../support/easel-process.js';
import { GuardedFolder } from '../support/guarded-folder.js';
import { makeImage } from '../support/images.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';
import { SurfaceClient } from './openai-client.js';

/** A newcomer judges the leases of others only after a lease of its own (design §2). */
const RECOVERED_WITHIN_MS = 180_000;

jest.setTimeout(400_000);

describe('an edit whose server is killed', () => {
  let folder: GuardedFolder;
  let dataDir: string;
  let database: TestDatabase;
  let stub: UpstreamStub;
  let upstreams: object[];
  let heir: TestApp | undefined;
  let doomed: EaselProcess;

  beforeAll(async () => {
    folder = await GuardedFolder.make();
    dataDir = await mkdtemp(join(tmpdir(), 'easel-edits-'));
    database = await createTestDatabase();
    stub = await startUpstreamStub();
    const more = { safeToRepeat: true, models: ['gpt-image-2'] };
    upstreams = [stubUpstream(stub.baseUrl, more), RENDERER];
    const upstreamsFile = join(folder.path, 'upstreams.yaml');
    await writeFile(upstreamsFile, stringify({ upstreams }));
    doomed = new EaselProcess(folder, {
      env: {
        PORT: '0',
        DATABASE_URL: database.url,
        MASTER_KEY: 'a master key for tests, 32 characters',
        ADMIN_API_KEY: ADMIN_KEY,
        DATA_DIR: dataDir,
        UPSTREAMS_FILE: upstreamsFile,
        STUB_API_KEY: 'sk-stub-upstream-key',
      },
    });
  });

  afterAll(async () => {
    await doomed?.kill();
    await heir?.stop();
    await stub?.close();
    await database?.drop();
    await rm(dataDir, { recursive: true, force: true });
    await folder?.remove();
  });

  /** A customer with ten credits, made where he will ask. */
  async function givenCustomer(origin: string): Promise<{ accountId: string; secret: string }> {
    const admin = async (path: string, body: object) => {
      const answer = await fetch(`${origin}/admin/v1/accounts${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return (await answer.json()) as { id: string; secret: string };
    };
    const { id } = await admin('', { email: 'one@example.com' });
    await admin(`/${id}/grants`, { amount: 10 });
    const { secret } = await admin(`/${id}/api-keys`, { name: 'one' });
    return { accountId: id, secret };
  }

  it('is made by another one, from the same images, and charged once', async () => {
    const origin = await doomed.listening();
    const { accountId, secret } = await givenCustomer(origin);
    const images = await Promise.all(
      [1, 2].map(async () => {
        const png = await makeImage('png', { noise: true });
        return { image_url: `data:image/png;base64,${png.toString('base64')}` };
      }),
    );
    const body = { model: 'gpt-image-2', prompt: 'a', size: '1024x1024', images };
    stub.always('hang');
    const lost = fetch(`${origin}/v1/images/edits`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).catch(() => null);
    await until(() => stub.calls.length === 1);
    await until(() => stub.calls[0].parts.length === 2);

    await doomed.kill();
    await lost;
    stub.always('ok');
    heir = await startApp({ upstreams, database, dataDir });
    const client = new SurfaceClient(heir, secret);
    const latest = async () => {
      const list = (await (await client.get('/v1/images')).json()) as {
        data?: { status: string; data: object[]; inputs: object[] }[];
      };
      return list.data?.[0];
    };
    await until(
      async () => ((await latest())?.status ?? 'processing') !== 'processing',
      RECOVERED_WITHIN_MS,
    );

    expect(await latest()).toMatchObject({
      status: 'succeeded',
      error: null,
      data: [{}],
      inputs: [{}, {}],
    });
    const [before, after] = stub.calls.map(({ parts }) => parts.map(({ sha256 }) => sha256));
    expect(after).toEqual(before);
    expect(await heir.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
    await expect(heir.checkLedger()).resolves.toMatchObject({ ok: true, violations: [] });
  });
});
