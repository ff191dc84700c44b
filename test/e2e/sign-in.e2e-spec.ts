import { newId } from '../../src/common/ids.js';
import { AdminClient } from '../support/admin-client.js';
import { Browser, formTokenIn } from '../support/browser.js';
import { PagesRig } from '../support/pages-rig.js';

const LOG = '/activity/ai-tasks/api-logs';
const PASSWORD = 'correct horse battery';

describe('/sign-in', () => {
  let rig: PagesRig;
  let admin: AdminClient;

  beforeAll(async () => {
    rig = await PagesRig.start();
    admin = new AdminClient(() => rig.app);
  });
  afterAll(() => rig.stop());
  afterEach(() => rig.app.database.query('TRUNCATE throttles'));

  const givenPerson = async (password: string | null = PASSWORD) => {
    const email = `${newId()}@example.com`;
    const id = await admin.createAccount({ email, ...(password === null ? {} : { password }) });
    return { id, email, browser: new Browser(rig.app.url) };
  };
  const isIn = async (browser: Browser) => (await browser.get(LOG)).status === 200;

  it('lets in who has the password, to where they were going, and out again', async () => {
    const { email, browser } = await givenPerson();
    const sent = await browser.get(`${LOG}?status=failed`);
    expect([sent.status, sent.headers.get('location')]).toEqual([
      303,
      `/sign-in?next=${encodeURIComponent(`${LOG}?status=failed`)}`,
    ]);
    const form = await browser.get(sent.headers.get('location')!);
    expect(form.text).toContain(`name="next" value="${LOG}?status=failed"`);

    const inside = await browser.signIn(email.toUpperCase(), PASSWORD, `${LOG}?status=failed`);

    expect([inside.status, inside.headers.get('location')]).toEqual([303, `${LOG}?status=failed`]);
    const log = await browser.get(LOG);
    expect(log.status).toBe(200);
    expect(log.text).toContain(email);
    expect((await browser.get('/sign-in?next=/images/x')).headers.get('location')).toBe(
      '/images/x',
    );
    const out = await browser.post('/sign-out', { form_token: formTokenIn(log) });
    expect(out.status).toBe(303);
    expect(await isIn(browser)).toBe(false);
  });

  it('tells nobody who has an account: every kind of wrong is one page', async () => {
    const { email, browser } = await givenPerson();
    const nobody = (await givenPerson(null)).email;
    const pages = new Set<string>();
    for (const [address, password] of [
      [email, 'wrong password'],
      [nobody, PASSWORD],
      ['stranger@example.com', PASSWORD],
      ['no address', PASSWORD],
      [email, ''],
      [email, 'x'.repeat(2000)],
    ]) {
      const { status, text, headers } = await browser.signIn(address, password);
      expect([address, status, headers.get('cache-control')]).toEqual([address, 403, 'no-store']);
      pages.add(text.replace(/name="form_token" value="[^"]*"/, '').replaceAll(address, ''));
    }
    expect([...pages]).toHaveLength(1);
    expect(await isIn(browser)).toBe(false);
  });

  it('leaves for no other site', async () => {
    const { email, browser } = await givenPerson();
    for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', '/.//evil']) {
      const form = await browser.get(`/sign-in?next=${encodeURIComponent(next)}`);
      expect(form.text).toContain(`name="next" value="${LOG}"`);
    }
    const { headers } = await browser.signIn(email, PASSWORD, '//evil.example');
    expect(headers.get('location')).toBe(LOG);
  });

  it('believes no form that is not its own: no token, a wrong one, another’s, another site’s', async () => {
    const { email, browser } = await givenPerson();
    const other = new Browser(rig.app.url);
    const foreign = formTokenIn(await other.get('/sign-in'));
    const own = formTokenIn(await browser.get('/sign-in'));
    const fields = { email, password: PASSWORD, next: '' };

    const refused = [
      await browser.post('/sign-in', fields),
      await browser.post('/sign-in', { ...fields, form_token: 'x' }),
      await browser.post('/sign-in', { ...fields, form_token: own.slice(0, -1) + '~' }),
      await browser.post('/sign-in', { ...fields, form_token: foreign }),
      await browser.post('/sign-in', { ...fields, form_token: own }, { origin: 'null' }),
      await browser.post(
        '/sign-in',
        { ...fields, form_token: own },
        { origin: 'https://evil.example' },
      ),
      await new Browser(rig.app.url).post('/sign-in', { ...fields, form_token: own }),
    ];

    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403));
    expect(refused.every(({ text }) => text.includes('<h1>'))).toBe(true);
    expect(await isIn(browser)).toBe(false);
    expect((await browser.post('/sign-in', { ...fields, form_token: own })).status).toBe(303);
    // Signed in now: the form of before belongs to a token that is gone.
    expect((await browser.post('/sign-out', { form_token: own })).status).toBe(403);
    expect(await isIn(browser)).toBe(true);
  });

  it('gives a new token at sign-in: one that was planted signs nobody in', async () => {
    const { email, browser } = await givenPerson();
    const planted = 'A'.repeat(43);
    browser.cookies.set('easel', planted);
    const attacker = new Browser(rig.app.url);
    attacker.cookies.set('easel', planted);

    expect((await browser.signIn(email, PASSWORD)).status).toBe(303);

    expect(browser.cookies.get('easel')).not.toBe(planted);
    expect([await isIn(browser), await isIn(attacker)]).toEqual([true, false]);
  });

  it('takes the session before with it when somebody signs in anew', async () => {
    const { email, browser } = await givenPerson();
    const former = new Browser(rig.app.url);
    await former.signIn(email, PASSWORD);
    const token = formTokenIn(await former.get(LOG));
    browser.cookies.set('easel', former.cookies.get('easel')!);
    const fields = { form_token: token, email, password: PASSWORD };
    expect((await browser.post('/sign-in', fields)).status).toBe(303);
    expect([await isIn(browser), await isIn(former)]).toEqual([true, false]);
  });

  it('signs nobody in by a cookie that was changed, doubled or made up', async () => {
    const { email, browser } = await givenPerson();
    await browser.signIn(email, PASSWORD);
    const token = browser.cookies.get('easel')!;
    const flipped = (token.startsWith('a') ? 'b' : 'a') + token.slice(1);
    for (const cookie of [
      flipped,
      token.slice(0, -1),
      `${token}x`,
      `"${token}"`,
      token.toLowerCase() + ' ',
      `${token}; easel=${flipped}`,
      `${flipped}; easel=${token}`,
      '%00',
      '',
    ]) {
      const answer = await rig.get(LOG, { headers: { cookie: `easel=${cookie}` } });
      expect([cookie, answer.status]).toEqual([cookie, 303]);
    }
    const named = await rig.get(LOG, { headers: { cookie: `__Host-easel=${token}` } });
    expect(named.status).toBe(303);
    expect(await isIn(browser)).toBe(true);
    const kept = await rig.app.database.query<{ text: string }>(
      'SELECT s::text AS text FROM sessions s',
    );
    expect(kept.some(({ text }) => text.includes(token))).toBe(false);
  });

  it('ends a session after seven days, or a day without use', async () => {
    const { id, email, browser } = await givenPerson();
    const move = (change: string) =>
      rig.app.database.query(`UPDATE sessions SET ${change} WHERE account_id = $1`, [id]);
    await browser.signIn(email, PASSWORD);
    await move(`used_at = now() - interval '23 h', created_at = now() - interval '6 days 23 h'`);
    expect(await isIn(browser)).toBe(true);
    const [{ noted }] = await rig.app.database.query<{ noted: boolean }>(
      `SELECT used_at > now() - interval '1 h' AS noted FROM sessions WHERE account_id = $1`,
      [id],
    );
    expect(noted).toBe(true);
    await move(`used_at = now() - interval '24 h 1 s'`);
    expect(await isIn(browser)).toBe(false);
    await move(`used_at = now(), created_at = now() - interval '7 days 1 s'`);
    expect(await isIn(browser)).toBe(false);
  });

  it('counts tries per account, side by side ones too, and forgets them with the window', async () => {
    const { email, browser } = await givenPerson();
    const form_token = formTokenIn(await browser.get('/sign-in'));
    const attempt = (password: string) => browser.post('/sign-in', { form_token, email, password });

    const answers = await Promise.all(Array.from({ length: 14 }, () => attempt('wrong password')));

    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array<number>(10).fill(403), ...Array<number>(4).fill(429)]);
    const late = await attempt(PASSWORD);
    expect(late.status).toBe(429);
    const seconds = Number(late.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(900);
    expect(late.text).toContain('<h1>Too many requests</h1>');
    await rig.app.database.query(`UPDATE throttles SET ends_at = now() - interval '1 s'`);
    expect((await attempt(PASSWORD)).status).toBe(303);
  });

  it('counts tries per address, whoever they are for', async () => {
    const { email, browser } = await givenPerson();
    const form_token = formTokenIn(await browser.get('/sign-in'));
    const attempt = (who: string, password: string) =>
      browser.post('/sign-in', { form_token, email: who, password });
    await rig.app.database.query(
      `INSERT INTO throttles VALUES ('sign-in from 127.0.0.1', 29, now() + interval '10 min')`,
    );
    expect((await attempt('a@example.com', 'x')).status).toBe(403);
    expect((await attempt('b@example.com', 'x')).status).toBe(429);
    expect((await attempt(email, PASSWORD)).status).toBe(429);
  });

  it('is over when the operator changes the password or suspends the account, with a record', async () => {
    const { id, email, browser } = await givenPerson();
    await browser.signIn(email, PASSWORD);
    await admin.call('patch', `accounts/${id}`, { password: 'another password' }).expect(200);
    expect(await isIn(browser)).toBe(false);
    expect((await browser.signIn(email, PASSWORD)).status).toBe(403);
    expect((await browser.signIn(email, 'another password')).status).toBe(303);

    await admin.call('patch', `accounts/${id}`, { status: 'suspended' }).expect(200);
    expect(await isIn(browser)).toBe(false);
    expect((await browser.signIn(email, 'another password')).status).toBe(403);
    await admin.call('patch', `accounts/${id}`, { status: 'active', password: null }).expect(200);
    expect((await browser.signIn(email, 'another password')).status).toBe(403);

    await admin.call('patch', `accounts/${id}`, { password: 'short' }).expect(400);
    const { body } = await admin.call('get', 'audit-log').expect(200);
    const records = (body as { data: { subject: string }[] }).data.filter((r) => r.subject === id);
    expect(records).toMatchObject([
      { action: 'account.password', details: { change: 'removed' } },
      { action: 'account.password', details: { change: 'set' } },
    ]);
  });

  it('refuses what is no form of a page', async () => {
    const { browser } = await givenPerson();
    const form_token = formTokenIn(await browser.get('/sign-in'));
    const typed = (type: string) =>
      browser.post('/sign-in', { form_token }, { 'content-type': type });
    expect((await typed('application/json')).status).toBe(415);
    expect((await typed('multipart/form-data; boundary=x')).status).toBe(415);
    const big = await browser.post('/sign-in', { form_token, email: 'x'.repeat(20_000) });
    expect(big.status).toBe(413);
    const nul = await browser.post('/sign-in', { form_token, email: 'a\u0000@example.com' });
    expect(nul.status).toBe(400);
    expect((await browser.get('/sign-out')).status).toBe(405);
  });
});

describe('the session cookie', () => {
  it.each([
    [{}, 'easel', false],
    [{ PUBLIC_URL: 'https://pictures.example' }, '__Host-easel', true],
  ])('with %j is named %s; Secure: %s', async (env, name, secure) => {
    const rig = await PagesRig.start({ env });
    try {
      const { headers } = await rig.get('/sign-in');
      const [line] = headers.getSetCookie();
      expect(line).toMatch(
        new RegExp(`^${name}=[\\w-]{43}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax`),
      );
      expect(line.endsWith('; Secure')).toBe(secure);
      expect(line).not.toContain('Domain');
    } finally {
      await rig.stop();
    }
  });
});
