import { newId } from '../../src/common/ids.js';
import { AdminClient } from '../support/admin-client.js';
import { Browser } from '../support/browser.js';
import { type Owner, PagesRig } from '../support/pages-rig.js';

describe('/images/:id/report', () => {
  let rig: PagesRig;
  let admin: AdminClient;
  let owner: Owner;
  let browser: Browser;

  beforeAll(async () => {
    rig = await PagesRig.start();
    admin = new AdminClient(() => rig.app);
    owner = await rig.givenOwner();
    browser = new Browser(rig.app.url);
  });
  afterAll(() => rig.stop());
  afterEach(() => rig.app.database.query('TRUNCATE throttles'));

  let variant = 0;
  const givenPage = (): Promise<string> => {
    rig.stub.always('ok', { variant: (variant += 1) });
    return rig.givenTask(owner, 'something');
  };
  const reportsOf = async (id: string, state = 'open'): Promise<object[]> => {
    const { body } = await admin.call('get', `reports?limit=100&state=${state}`).expect(200);
    return (body as { data: { generationId: string }[] }).data.filter((r) => r.generationId === id);
  };
  const report = (id: string, fields: Record<string, string>, headers = {}) =>
    browser.post(`/images/${id}/report`, fields, headers);

  it('tells the operator, who closes it; the page has the link', async () => {
    const id = await givenPage();
    expect((await rig.get(`/images/${id}`)).text).toContain(`href="/images/${id}/report"`);
    expect((await rig.get(`/images/${id}/report`)).status).toBe(200);

    const answer = await report(id, { reason: 'copyright', note: ' <b>mine</b> ' });

    expect([answer.status, answer.text.includes('Thank you')]).toEqual([200, true]);
    const [made] = (await reportsOf(id)) as [{ id: string }];
    expect(made).toEqual({
      id: expect.any(String),
      generationId: id,
      reason: 'copyright',
      note: '<b>mine</b>',
      reportedAt: expect.any(String),
      closedAt: null,
    });
    await admin.call('post', `reports/${made.id}/close`).expect(204);
    await admin.call('post', `reports/${made.id}/close`).expect(204);
    expect([await reportsOf(id), (await reportsOf(id, 'closed')).length]).toEqual([[], 1]);
    await admin.call('post', `reports/${newId()}/close`).expect(404);
  });

  it('takes ten an hour from an address, and keeps twenty of one image', async () => {
    const id = await givenPage();
    const statuses: number[] = [];
    for (let i = 0; i < 11; i += 1) statuses.push((await report(id, { reason: 'other' })).status);
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429]);
    await rig.app.database.query(
      `INSERT INTO image_reports (id, generation_id, reason, note)
       SELECT gen_random_uuid(), $1, 'other', '' FROM generate_series(1, 10)`,
      [id],
    );
    await rig.app.database.query(`UPDATE throttles SET ends_at = now() - interval '1 s'`);
    expect((await report(id, { reason: 'other' })).status).toBe(200);
    expect(await reportsOf(id)).toHaveLength(20);
  });

  it('is only for what has a page, and only from here', async () => {
    const id = await givenPage();
    const hidden = await rig.givenTask(owner, 'private', 'private');
    for (const other of [hidden, newId(), 'x']) {
      expect((await rig.get(`/images/${other}/report`)).status).toBe(404);
      expect((await report(other, { reason: 'other' })).status).toBe(404);
    }
    expect((await report(id, { reason: 'nothing' })).status).toBe(400);
    expect((await report(id, { reason: 'other', note: 'x'.repeat(1001) })).status).toBe(400);
    const foreign = await report(id, { reason: 'other' }, { origin: 'https://evil.example' });
    expect(foreign.status).toBe(403);
    expect(await reportsOf(id)).toEqual([]);
  });

  it('counts a line end once, as the field in the browser does', async () => {
    const id = await givenPage();
    const note = `a${'\r\n'.repeat(998)}b`;
    expect((await report(id, { reason: 'other', note })).status).toBe(200);
    expect(await reportsOf(id)).toMatchObject([{ note: `a${'\n'.repeat(998)}b` }]);
  });

  it.each(['%ff%fe', 'a%c3', '%ed%a0%80', '%00'])(
    'is refused on a page when the note has bytes that are no text: %s',
    async (note) => {
      const id = await givenPage();
      const answer = await fetch(`${rig.app.url}/images/${id}/report`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `reason=other&note=${note}`,
      });
      expect([answer.status, await answer.text()]).toEqual([
        400,
        expect.stringContaining('A field of this form cannot be read.'),
      ]);
      expect(await reportsOf(id)).toEqual([]);
    },
  );

  it('is settled by a takedown', async () => {
    const id = await givenPage();
    await report(id, { reason: 'illegal' });
    await admin.call('post', `generations/${id}/takedown`, { reason: 'reported' }).expect(200);
    expect([await reportsOf(id), (await reportsOf(id, 'closed')).length]).toEqual([[], 1]);
    expect((await report(id, { reason: 'illegal' })).status).toBe(410);
  });
});

describe('/', () => {
  it('says what the server is, where it is and what it charges', async () => {
    const rig = await PagesRig.start({ env: { PUBLIC_URL: 'https://pictures.example/' } });
    try {
      const { status, text, headers } = await rig.get('/');
      expect([status, headers.get('cache-control')]).toEqual([200, 'no-cache']);
      expect(headers.get('x-robots-tag')).toBeNull();
      expect(text).toContain('<code>https://pictures.example/v1</code>');
      const [, row] = /<code>gpt-image-2<\/code>([\s\S]*?)<\/tr>/.exec(text) ?? [];
      expect([...row.matchAll(/number">([^<]+)</g)].map(([, price]) => price)).toEqual([
        '2',
        '4',
        '6',
      ]);
      const links = [...text.matchAll(/href="(\/[^"#]*)"/g)].map(([, path]) => path);
      const answers = await Promise.all(links.map((path) => rig.get(path)));
      expect(links).toEqual(expect.arrayContaining(['/docs', '/health/ready']));
      expect(answers.map((answer) => answer.status < 400)).toEqual(links.map(() => true));
      expect((await rig.get('/', { method: 'HEAD' })).status).toBe(200);
    } finally {
      await rig.stop();
    }
  });
});
