import { newId } from '../../src/common/ids.js';
import { STORED_XSS } from '../data/stored-xss.js';
import { AdminClient } from '../support/admin-client.js';
import { Browser, formTokenIn } from '../support/browser.js';
import { generationsOfOneMoment } from '../support/copied-generations.js';
import { type Owner, PagesRig, skeletonOf } from '../support/pages-rig.js';

const LOG = '/activity/ai-tasks/api-logs';
const PASSWORD = 'correct horse battery';

describe(LOG, () => {
  let rig: PagesRig;
  let admin: AdminClient;

  beforeAll(async () => {
    rig = await PagesRig.start();
    admin = new AdminClient(() => rig.app);
  });
  afterAll(() => rig.stop());
  afterEach(() => void rig.stub.reset());

  /** An owner who is signed in. */
  const givenVisitor = async (): Promise<Owner & { browser: Browser }> => {
    const owner = await rig.givenOwner();
    const { email } = (
      await admin.call('patch', `accounts/${owner.accountId}`, { password: PASSWORD })
    ).body as { email: string };
    const browser = new Browser(rig.app.url);
    expect((await browser.signIn(email, PASSWORD)).status).toBe(303);
    await rig.app.database.query('TRUNCATE throttles');
    return { ...owner, browser };
  };

  const idsIn = (text: string): string[] =>
    [...text.matchAll(/<code[^>]*>([0-9a-f-]{36})<\/code>/g)].map(([, id]) => id);

  it('lists what the owner’s keys asked for and nobody else’s, for nobody else', async () => {
    const { browser, ...owner } = await givenVisitor();
    const other = await rig.givenOwner();
    await rig.givenTask(other, 'another one’s secret');
    const made = [await rig.givenTask(owner, 'first'), await rig.givenTask(owner, 'second')];

    const { status, text, headers } = await browser.get(LOG);

    expect(status).toBe(200);
    expect(idsIn(text)).toEqual(made.reverse());
    expect(text).not.toContain('secret');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-robots-tag')).toBe('noindex');
    const [, path] = /href="(\/files\/[^"]+)"/.exec(text) ?? [];
    expect((await rig.get(path)).status).toBe(200);
    const anybody = await rig.get(LOG);
    expect([anybody.status, anybody.text.includes(made[0])]).toEqual([303, false]);
  });

  it('leaves out what no key asked for', async () => {
    const { browser, ...owner } = await givenVisitor();
    const id = await rig.givenTask(owner, 'by hand');
    await rig.app.database.query('UPDATE generations SET api_key_id = NULL WHERE id = $1', [id]);
    expect(idsIn((await browser.get(LOG)).text)).toEqual([]);
  });

  it('filters by status and model, and says what is wrong with a filter', async () => {
    const { browser, ...owner } = await givenVisitor();
    const fine = await rig.givenTask(owner, 'fine');
    rig.stub.next('refused');
    const failed = await rig.givenTask(owner, 'refused');
    const found = async (query: string) => idsIn((await browser.get(`${LOG}?${query}`)).text);

    expect(await found('status=failed')).toEqual([failed]);
    expect(await found('status=succeeded&model=gpt-image-2')).toEqual([fine]);
    expect(await found('status=&model=')).toEqual([failed, fine]);
    expect(await found('model=nothing')).toEqual([]);
    for (const query of ['status=done', 'before=x', 'model=a&model=b', 'model=%00', 'status[]=x']) {
      const { status, text } = await browser.get(`${LOG}?${query}`);
      expect([query, status < 500, text.includes('<h1>')]).toEqual([query, true, true]);
    }
    expect((await browser.get(`${LOG}?status=done`)).status).toBe(400);
  });

  it('pages through tasks of one moment without losing or repeating any', async () => {
    const { browser, ...owner } = await givenVisitor();
    const original = await rig.givenTask(owner, 'one of many');
    const all = await generationsOfOneMoment(rig.app.database, original, 60);

    const seen: string[] = [];
    let pages = 0;
    for (let path: string | undefined = `${LOG}?status=succeeded`; path; pages += 1) {
      const { text } = await browser.get(path);
      seen.push(...idsIn(text));
      path = /<a rel="next" href="([^"]+)"/.exec(text)?.[1].replaceAll('&amp;', '&');
    }

    expect(seen).toEqual(all);
    expect(pages).toBe(3);
  });

  it('lets the owner show a prompt on the share page and hide it, and nobody else', async () => {
    const { browser, ...owner } = await givenVisitor();
    const id = await rig.givenTask(owner, 'a blue teapot');
    const hidden = await rig.givenTask(owner, 'private', 'private');
    const stranger = (await givenVisitor()).browser;
    const isShown = async () => (await rig.get(`/images/${id}`)).text.includes('a blue teapot');
    const send = async (by: Browser, task: string, shown: string) => {
      const form_token = formTokenIn(await by.get(LOG));
      return by.post(`${LOG}/${task}/prompt`, { form_token, shown, next: LOG });
    };

    expect((await send(stranger, id, '1')).status).toBe(404);
    for (const task of [hidden, newId(), 'x']) {
      expect((await send(browser, task, '1')).status).toBe(404);
    }
    const fields = { form_token: 'x', shown: '1' };
    expect((await browser.post(`${LOG}/${id}/prompt`, fields)).status).toBe(403);
    expect(await isShown()).toBe(false);

    const done = await send(browser, id, '1');
    expect([done.status, done.headers.get('location')]).toEqual([303, LOG]);
    expect(await isShown()).toBe(true);
    expect((await browser.get(LOG)).text).toContain('Hide the prompt there');
    await send(browser, id, '0');
    expect(await isShown()).toBe(false);
  });

  it('leaves no word of a prompt unescaped, however hostile', async () => {
    const { browser, ...owner } = await givenVisitor();
    const id = await rig.givenTask(owner, 'plain words');
    const expected = skeletonOf((await browser.get(LOG)).text);
    for (const prompt of STORED_XSS) {
      await rig.app.database.query(
        `UPDATE generation_inputs
            SET request = jsonb_set(request, '{prompt}', to_jsonb($2::text)) WHERE generation_id = $1`,
        [id, prompt],
      );
      expect([prompt, skeletonOf((await browser.get(LOG)).text)]).toEqual([prompt, expected]);
    }
  });
});
