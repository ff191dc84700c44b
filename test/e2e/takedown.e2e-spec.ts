import { newId } from '../../src/common/ids.js';
import { AdminClient } from '../support/admin-client.js';
import { type Owner, PagesRig } from '../support/pages-rig.js';
import { until } from '../support/until.js';
import { SurfaceClient } from './openai-client.js';

const REASON = { reason: 'a court order' };

describe('POST /admin/v1/generations/:id/takedown', () => {
  let rig: PagesRig;
  let admin: AdminClient;
  let owner: Owner;
  let variant = 100;

  beforeAll(async () => {
    rig = await PagesRig.start();
    admin = new AdminClient(() => rig.app);
    owner = await rig.givenOwner();
  });
  afterAll(async () => {
    expect(await rig.app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await rig.stop();
  });

  /** A public picture of its own bytes; every later one of the same variant has the same. */
  const givenPicture = async (whose = owner, which = (variant += 1)) => {
    rig.stub.always('ok', { variant: which });
    const id = await rig.givenTask(whose, `picture ${which}`);
    const { text } = await rig.get(`/images/${id}`);
    const [path] = /\/files\/[\w-]{22}\.png/.exec(text) ?? [''];
    return { id, path, variant: which };
  };

  const takeDown = (id: string, body: object = REASON) =>
    admin.call('post', `generations/${id}/takedown`, body);

  const answersOf = async (...paths: string[]): Promise<number[]> => {
    const answers = await Promise.all(paths.map((path) => rig.get(path)));
    return answers.map(({ status }) => status);
  };

  it('answers 410 at the page and every address, and for the owner as well', async () => {
    const { id, path } = await givenPicture();
    expect(await answersOf(`/images/${id}`, path)).toEqual([200, 200]);

    const { body } = await takeDown(id).expect(200);

    expect(body).toEqual({
      generationId: id,
      sha256: [expect.stringMatching(/^[0-9a-f]{64}$/)],
      images: 1,
      takenDownAt: expect.any(String),
    });
    expect(await answersOf(`/images/${id}`, path)).toEqual([410, 410]);
    const mine = await new SurfaceClient(rig.app, owner.secret).get(`/v1/images/${id}`);
    expect([mine.status, await mine.text()]).toEqual([
      410,
      expect.stringContaining('image_removed'),
    ]);
  });

  it('is said by every API whose pictures are gone, in its own shape', async () => {
    const { id } = await givenPicture();
    const by = new SurfaceClient(rig.app, owner.secret);
    const said = async (path: string, language = 'en') => {
      const authorization = `Bearer ${owner.secret}`;
      const { text } = await rig.get(path, {
        headers: { authorization, 'accept-language': language },
      });
      return JSON.parse(text) as Record<string, Record<string, unknown>>;
    };
    const rest = await by.post(
      { prompt: 'a lighthouse', modelId: 'openai:gpt-image-2' },
      { path: '/api/v1/images/generate' },
    );
    const restId = rest.headers.get('x-generation-id') ?? '';
    const poll = `/api/open/v1/images/generations/${id}`;
    const task = `/api/ai/image/task/${id}`;
    expect((await said(poll)).data.task_info).toBeNull();
    expect((await said(task)).data).not.toHaveProperty('errorMessage');

    await takeDown(id).expect(200);
    await takeDown(restId).expect(200);

    const message = 'The image was removed by the operator.';
    expect((await said(poll)).data).toMatchObject({
      status: 'success',
      task_info: { error: 'image_removed', message },
      task_result: { images: [] },
    });
    expect((await said(task)).data).toMatchObject({ images: [], errorMessage: message });
    expect((await said(task, 'zh')).data).toMatchObject({ errorMessage: '图片已被运营方移除。' });
    expect((await said(`/api/v1/images/${restId}`)).error).toMatchObject({ message });
  });

  it('finds the same bytes wherever they are', async () => {
    const first = await givenPicture();
    const other = await rig.givenOwner();
    const second = await givenPicture(other, first.variant);

    const { body } = await takeDown(first.id).expect(200);

    expect(body.images).toBe(2);
    expect(await answersOf(`/images/${second.id}`, second.path)).toEqual([410, 410]);
  });

  it('never stores those bytes again: nothing is delivered, nothing charged', async () => {
    const { id, variant: which } = await givenPicture();
    await takeDown(id).expect(200);
    const other = await rig.givenOwner(10);
    rig.stub.always('ok', { variant: which });

    const again = await rig.givenTask(other, 'once more');

    const [row] = await rig.app.database.query<{ status: string; code: string; assets: number }>(
      `SELECT g.status, g.error ->> 'code' AS code,
              (SELECT count(*)::int FROM assets a WHERE a.generation_id = g.id) AS assets
         FROM generations g WHERE g.id = $1`,
      [again],
    );
    expect(row).toEqual({ status: 'failed', code: 'content_policy_violation', assets: 0 });
    expect(await rig.app.balanceOf(other.accountId)).toEqual({ available: 10, held: 0 });
  });

  it('finds what was being stored in the meantime', async () => {
    const { id } = await givenPicture();
    const late = await givenPicture();
    const { body } = await takeDown(id).expect(200);
    // As a node leaves it that has not heard of the takedown yet.
    await rig.app.database.query('UPDATE assets SET sha256 = $2 WHERE generation_id = $1', [
      late.id,
      (body as { sha256: string[] }).sha256[0],
    ]);
    await rig.sweepBlockedImages();
    expect(await answersOf(`/images/${late.id}`, late.path)).toEqual([410, 410]);
  });

  it('races fetches: each gets the whole picture or 410, and 410 from the answer on', async () => {
    const { id, path } = await givenPicture();
    const whole = (await rig.get(path)).text.length;
    let over = false;
    const seen: [afterwards: boolean, status: number, length: number][] = [];
    const fetching = Array.from({ length: 8 }, async () => {
      for (let left = 200; left > 0; left -= 1) {
        const afterwards = over;
        const [page, file] = await Promise.all([rig.get(`/images/${id}`), rig.get(path)]);
        seen.push([afterwards, page.status, whole], [afterwards, file.status, file.text.length]);
        if (afterwards) return;
      }
    });
    await until(() => seen.length > 20, 60_000);

    await takeDown(id).expect(200);
    over = true;
    await Promise.all(fetching);

    const states = seen.filter(([, status, length]) => {
      return status !== 410 && (status !== 200 || length !== whole);
    });
    expect(states).toEqual([]);
    const late = seen.filter(([afterwards]) => afterwards);
    expect(late.length).toBeGreaterThanOrEqual(16);
    expect(late.every(([, status]) => status === 410)).toBe(true);
  });

  it('is recorded once, for good, and may be repeated', async () => {
    const { id } = await givenPicture();
    const first = (await takeDown(id).expect(200)).body as object;
    expect((await takeDown(id, { reason: 'again' }).expect(200)).body).toEqual(first);

    const { body } = await admin.call('get', 'audit-log?limit=100').expect(200);

    const records = (body as { data: { subject: string }[] }).data.filter(
      ({ subject }) => subject === id,
    );
    expect(records).toEqual([
      {
        id: expect.any(String),
        at: expect.any(String),
        actor: 'operator',
        action: 'generation.takedown',
        subject: id,
        details: { ...REASON, images: 1, sha256: [expect.any(String)] },
      },
    ]);
    for (const change of [
      `UPDATE audit_log SET subject = 'x'`,
      'DELETE FROM audit_log',
      'TRUNCATE audit_log',
    ]) {
      await expect(rig.app.database.query(change)).rejects.toThrow('append-only');
    }
  });

  it('pages through the log without losing a record', async () => {
    const all = (await admin.call('get', 'audit-log?limit=100').expect(200)).body.data as object[];
    const paged: object[] = [];
    for (let next = ''; next !== 'null';) {
      const before = next && `&before=${next}`;
      const { body } = await admin.call('get', `audit-log?limit=1${before}`).expect(200);
      paged.push(...body.data);
      next = String(body.next);
    }
    expect(paged.length).toBeGreaterThan(3);
    expect(paged).toEqual(all);
  });

  it('refuses what has no images, has no reason or is not there', async () => {
    rig.stub.always('refused');
    const failed = await rig.givenTask(owner, 'refused');
    await takeDown(failed).expect(409);
    await takeDown(newId()).expect(404);
    await takeDown('x').expect(404);
    for (const body of [{}, { reason: '' }, { reason: 'x'.repeat(501) }, { reason: 7 }]) {
      await takeDown(failed, body).expect(400);
    }
    await admin.call('get', 'audit-log?before=x').expect(400);
  });
});
