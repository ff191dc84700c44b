import { newId } from '../../src/common/ids.js';
import { STORED_XSS } from '../data/stored-xss.js';
import { type Owner, PagesRig, skeletonOf } from '../support/pages-rig.js';

describe('/images/:id', () => {
  let rig: PagesRig;
  let owner: Owner;
  let shared: string;

  beforeAll(async () => {
    rig = await PagesRig.start();
    owner = await rig.givenOwner();
    shared = await rig.givenTask(owner, 'a lighthouse at dusk');
  });
  afterAll(() => rig.stop());

  const tell = async (id: string, change: string): Promise<void> => {
    await rig.app.database.query(`UPDATE assets SET ${change} WHERE generation_id = $1`, [id]);
  };

  it('shows a public picture to anybody, and says so to services that preview it', async () => {
    const { status, headers, text } = await rig.get(`/images/${shared}`);

    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const [, path] = /<img src="(\/files\/[\w-]{22}\.png)"/.exec(text) ?? [];
    expect((await rig.get(path)).headers.get('content-type')).toBe('image/png');
    expect(text).toContain('<title>Image by GPT Image 2 · Easel</title>');
    expect(text).toContain(`<meta property="og:url" content="${rig.app.url}/images/${shared}">`);
    expect(text).toContain(`<meta property="og:image" content="${rig.app.url}${path}">`);
    expect(text).toContain('<meta property="og:image:width" content="1024">');
    expect(text).toMatch(/<img [^>]*alt="Image made with GPT Image 2"/);
  });

  it('keeps the prompt to itself until the owner shows it', async () => {
    const prompt = 'a secret recipe for red paint';
    const id = await rig.givenTask(owner, prompt);
    expect((await rig.get(`/images/${id}`)).text).not.toContain('recipe');

    await rig.showPrompt(id);

    const { text } = await rig.get(`/images/${id}`);
    expect(text).toContain(`<title>${prompt} · Easel</title>`);
    expect(text).toContain(`<meta property="og:title" content="${prompt}">`);
    expect(text).toMatch(new RegExp(`<img [^>]*alt="Image: ${prompt}"`));
  });

  it('is in no index, runs nothing, loads nothing from elsewhere and is in no frame', async () => {
    const { headers, text } = await rig.get(`/images/${shared}`);

    expect(headers.get('x-robots-tag')).toBe('noindex');
    expect(text).toContain('<meta name="robots" content="noindex">');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; " +
        "base-uri 'none'; frame-ancestors 'none'",
    );
    expect(text).not.toMatch(/<script|<style|\son\w+=|style="|javascript:/i);
    const loaded = [...text.matchAll(/<(?:img|link|source|iframe)[^>]* (?:src|href)="([^"]*)"/g)];
    expect(loaded.length).toBeGreaterThan(2);
    expect(loaded.map(([, address]) => address).filter((at) => !at.startsWith('/'))).toEqual([]);
    expect(headers.get('set-cookie')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-cache');
  });

  it('is one and the same 404 for whatever is not public and successful', async () => {
    const hidden = await rig.givenTask(owner, 'private', 'private');
    const failed = await rig.givenTask(owner, '[[stub:refused]]');
    rig.stub.next('hang');
    const running = await rig.beginTask(owner, 'under way');
    const deleted = await rig.givenTask(owner, 'deleted');
    await tell(deleted, 'deleted_at = now()');
    const removedPrivate = await rig.givenTask(owner, 'private and removed', 'private');
    await tell(removedPrivate, 'removed_at = now()');
    const [{ failures }] = await rig.app.database.query<{ failures: number }>(
      `SELECT count(*)::int AS failures FROM generations WHERE status = 'failed' AND id = $1`,
      [failed],
    );
    expect(failures).toBe(1);
    const addresses = [
      hidden,
      failed,
      running,
      deleted,
      removedPrivate,
      newId(),
      'x',
      shared + '0',
    ];
    const upper = shared.toUpperCase();

    const pages = new Map<string, string>();
    for (const id of [...addresses, upper, `${shared}/more`]) {
      const { status, text, headers } = await rig.get(`/images/${id}`);
      expect([id, status, headers.get('cache-control')]).toEqual([id, 404, 'no-store']);
      pages.set(text, id);
    }
    expect([...pages.keys()]).toHaveLength(1);
  });

  it('answers 410 with the bytes gone from everywhere when the operator took it down', async () => {
    const id = await rig.givenTask(owner, 'to be removed');
    await tell(id, 'removed_at = now()');
    const { status, text, headers } = await rig.get(`/images/${id}`);
    expect([status, headers.get('cache-control')]).toEqual([410, 'no-store']);
    expect(text).toContain('removed by the operator');
    expect(text).not.toContain('/files/');
  });

  it('answers HEAD as GET without a body, and other methods with 405 as a page', async () => {
    const page = await rig.get(`/images/${shared}`);
    const head = await rig.get(`/images/${shared}`, { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(page.text)));
    const put = await rig.get(`/images/${shared}`, { method: 'PUT' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(put.headers.get('content-type')).toContain('text/html');
  });

  it('leaves no word of a prompt unescaped, however hostile', async () => {
    const plain = await rig.givenTask(owner, 'plain words');
    await rig.showPrompt(plain);
    const expected = skeletonOf((await rig.get(`/images/${plain}`)).text);
    const setPrompt = `UPDATE generation_inputs
      SET request = jsonb_set(request, '{prompt}', to_jsonb($2::text)) WHERE generation_id = $1`;
    for (const prompt of STORED_XSS) {
      await rig.app.database.query(setPrompt, [plain, prompt]);
      const { status, text } = await rig.get(`/images/${plain}`);
      expect([prompt, status, skeletonOf(text)]).toEqual([prompt, 200, expected]);
    }
  });

  it('is named by its model when the prompt shows nothing', async () => {
    const id = await rig.givenTask(owner, '\u200b\u2060');
    await rig.showPrompt(id);
    const { text } = await rig.get(`/images/${id}`);
    expect(text).toContain('<title>Image by GPT Image 2 · Easel</title>');
    expect(text).toContain('<h1 dir="auto">Image by GPT Image 2</h1>');
    expect(text).toContain('alt="Image made with GPT Image 2"');
  });

  it('folds a very long prompt and names the page by its beginning', async () => {
    const id = await rig.givenTask(owner, '龍🐉 '.repeat(2500));
    await rig.showPrompt(id);
    const { text } = await rig.get(`/images/${id}`);
    const [, title] = /<title>(.*)<\/title>/.exec(text) ?? [];
    expect([...title].length).toBeLessThan(90);
    expect(title.isWellFormed()).toBe(true);
    expect(text.includes(`<summary class="prompt"`)).toBe(true);
  });
});
