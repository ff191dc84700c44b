import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import { RetentionRunner } from '../../src/relay/retention/retention-runner.js';
import { AdminClient } from '../support/admin-client.js';
import { ADMIN_KEY, startApp, type TestApp } from '../support/app.js';

let subject: TestApp;
beforeAll(async () => void (subject = await startApp()));
afterAll(() => subject.stop());

const client = new AdminClient(() => subject);
const admin = client.call.bind(client);

describe('/admin/v1/retention', () => {
  it('keeps prompts for ever until the operator says otherwise', async () => {
    expect((await admin('get', 'retention').expect(200)).body).toEqual({ inputsDays: null });
    for (const inputsDays of [30, 1, 36_500, null]) {
      const { body } = await admin('put', 'retention', { inputsDays }).expect(200);
      expect(body).toEqual({ inputsDays });
      expect((await admin('get', 'retention').expect(200)).body).toEqual({ inputsDays });
    }
  });

  it.each([
    [{}],
    [{ inputsDays: 0 }],
    [{ inputsDays: -1 }],
    [{ inputsDays: 1.5 }],
    [{ inputsDays: 36_501 }],
    [{ inputsDays: '30' }],
    [{ inputsDays: [30] }],
    [{ inputsDays: 30, pictureDays: 1 }],
  ])('refuses %j and changes nothing', async (body) => {
    await admin('put', 'retention', { inputsDays: 7 }).expect(200);
    const refused = await admin('put', 'retention', body).expect(400);
    expect(refused.body.problems[0].param).toMatch(/^(inputs|picture)Days$/);
    expect((await admin('get', 'retention')).body).toEqual({ inputsDays: 7 });
    await admin('put', 'retention', { inputsDays: null }).expect(200);
  });

  it('is for the operator alone', async () => {
    const { secret } = await subject.givenCustomer(1);
    await request(subject.url).get('/admin/v1/retention').expect(401);
    const { status } = await request(subject.url)
      .put('/admin/v1/retention')
      .auth(secret, { type: 'bearer' })
      .send({ inputsDays: 1 });
    expect(status).toBe(401);
  });
});

describe('what retention has removed', () => {
  it('is gone from link and disk, while the generation and its receipt stay', async () => {
    const { accountId, secret } = await subject.givenCustomer(10, { mode: 'test' });
    const { body: made, headers } = await request(subject.url)
      .post('/v1/images/generations')
      .auth(secret, { type: 'bearer' })
      .send({ model: 'easel-sketch', prompt: 'a lighthouse', response_format: 'url' })
      .expect(200);
    const id = headers['x-generation-id'];
    const path = new URL((made as { data: { url: string }[] }).data[0].url).pathname;
    const find = () =>
      request(subject.url).get(`/v1/images/${id}`).auth(secret, { type: 'bearer' });
    const { body: before } = await find().expect(200);
    await request(subject.url).get(path).expect(200);

    await admin('put', 'retention', { inputsDays: 1 }).expect(200);
    await subject.database.query(`UPDATE assets SET expires_at = now() - interval '1 s'`);
    await sweep();

    await request(subject.url).get(path).expect(410);
    expect((await find().expect(200)).body).toEqual({ ...before, data: [] });
    expect(await objectsOf(accountId)).toHaveLength(1);
    await subject.database.query(`UPDATE assets SET deleted_at = now() - interval '24 h'`);
    await sweep();
    expect(await objectsOf(accountId)).toEqual([]);
    expect((await find().expect(200)).body).toEqual({ ...before, data: [] });
    expect((await subject.checkLedger()).violations).toEqual([]);
  });

  it('is counted', async () => {
    const { text } = await request(subject.url)
      .get('/metrics')
      .auth(ADMIN_KEY, { type: 'bearer' })
      .expect(200);
    expect(text).toMatch(/easel_retention_swept_total\{what="pictures".*\} [1-9]/);
  });

  async function sweep(): Promise<void> {
    await subject.database.query(`DELETE FROM settings WHERE key = 'retention_turn'`);
    await subject.app.get(RetentionRunner).run();
  }

  async function objectsOf(accountId: string): Promise<string[]> {
    const folder = join(subject.dataDir, 'images', accountId);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  }
});
