import { newId } from '../../src/common/ids.js';
import { UsageReader } from '../../src/relay/index.js';
import { type TestApp, startApp } from '../support/app.js';
import { generationsOfOneMoment } from '../support/copied-generations.js';
import { type Body, SKETCH, SurfaceClient } from './openai-client.js';

const ROWS = 57;

interface Page {
  readonly object: string;
  readonly data: readonly Body[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

describe('a list whose rows are of one millisecond', () => {
  let app: TestApp;
  let customer: { accountId: string; secret: string; keyId: string };
  let client: SurfaceClient;
  /** Newest first. */
  let ids: string[];

  beforeAll(async () => {
    app = await startApp();
    customer = await app.givenCustomer(10);
    client = new SurfaceClient(app, customer.secret);
    const first = (await client.post({ ...SKETCH, size: '256x256' })).headers;
    const original = first.get('x-generation-id') ?? '';
    ids = await generationsOfOneMoment(app.database, original, ROWS - 1);
  });

  afterAll(() => app.stop());

  async function page(query: string, as = client): Promise<Page> {
    const answer = await as.get(`/v1/images?${query}`);
    expect(answer.status).toBe(200);
    return (await answer.json()) as Page;
  }

  async function walk(limit: number, name: string): Promise<string[]> {
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { data, next_cursor, has_more, first_id, last_id } = await page(
        `limit=${limit}&${name}=${cursor}`,
      );
      const own = data.map(({ id }) => id as string);
      expect(data.length).toBe(has_more ? limit : Math.min(limit, ROWS - seen.length));
      expect([first_id, last_id]).toEqual([own[0], own.at(-1)]);
      expect(next_cursor).toBe(has_more ? last_id : null);
      seen.push(...own);
      cursor = next_cursor;
    }
    return seen;
  }

  it.each([1, 2, 3, 7, 19, 20, 56, 57, 58, 100])(
    'loses and doubles none at %d a page, newest first',
    async (limit) => {
      expect(await walk(limit, limit % 2 ? 'cursor' : 'after')).toEqual(ids);
    },
  );

  it('has 20 a page unless told', async () => {
    const { object, data, has_more } = await page('');
    expect([object, data.length, has_more]).toEqual(['list', 20, true]);
  });

  it('keeps its place when newer ones come in between', async () => {
    const { next_cursor } = await page('limit=10');
    await client.post({ ...SKETCH, size: '256x256' });
    const { data } = await page(`limit=10&cursor=${next_cursor}`);
    expect(data.map(({ id }) => id)).toEqual(ids.slice(10, 20));
  });

  it('is narrowed by status and model', async () => {
    const failed = await page('status=failed');
    expect(failed).toMatchObject({ data: [], first_id: null, last_id: null, has_more: false });
    expect((await page('status=succeeded&limit=3')).data).toHaveLength(3);
    expect((await page('model=easel-sketch&limit=3')).data).toHaveLength(3);
    expect((await page('model=gpt-image-2')).data).toEqual([]);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['limit[]=1', null],
    ['cursor=yesterday', 'cursor'],
    ['cursor=2026-01-01T00:00:00Z', 'cursor'],
    ['after=%00', 'after'],
    ['after=%F0%9F', 'cursor'],
    ['cursor=a&cursor=b', 'cursor'],
    [`cursor=${'x'.repeat(300)}`, 'cursor'],
    ['status=done', 'status'],
    [`model=${'x'.repeat(300)}`, 'model'],
  ])('refuses ?%s, naming the field', async (query, param) => {
    const answer = await client.get(`/v1/images?${query}`);
    if (param === null) return expect(answer.status).toBe(200);
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: { code: 'invalid_value', param } },
    ]);
  });

  it('shows another account nothing, whatever cursor it took', async () => {
    const stranger = new SurfaceClient(app, (await app.givenCustomer(0)).secret);
    for (const query of ['', `cursor=${ids[3]}`, `cursor=${newId()}`]) {
      expect(await page(query, stranger)).toMatchObject({ data: [], next_cursor: null });
    }
  });

  it('is the same for every key of the account; it needs the scope', async () => {
    const reader = await app.givenKey(customer.accountId, { scopes: ['images.read'] });
    const { data } = await page('limit=100', new SurfaceClient(app, reader.secret));
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    const blind = await app.givenKey(customer.accountId, { scopes: ['account.read'] });
    expect((await new SurfaceClient(app, blind.secret).get('/v1/images')).status).toBe(403);
  });

  describe('as usage', () => {
    it.each([1, 2, 5, 28, 57, 58, 200])('loses and doubles none at %d a page', async (limit) => {
      const { accountId, keyId: apiKeyId } = customer;
      const usage = app.app.get(UsageReader);
      const since = new Date(0);
      const seen: string[] = [];
      for (let before: string | null = null, more = true; more;) {
        const found = await usage.usage({ accountId, apiKeyId, since, before, limit });
        seen.push(...found.items.map(({ id }) => id));
        before = seen.at(-1) ?? null;
        more = found.hasMore;
      }
      expect(seen.filter((id) => ids.includes(id))).toEqual(ids);
      expect(new Set(seen).size).toBe(seen.length);
    });

    it('goes on over HTTP where the page before ended', async () => {
      const seen: string[] = [];
      for (let before: string | null = ''; before !== null;) {
        const query = before && `?before=${encodeURIComponent(before)}`;
        const answer = await client.get(`/v1/account/usage${query}`);
        const found = (await answer.json()) as { items: Body[]; next_before: string | null };
        seen.push(...found.items.map(({ id }) => id as string));
        before = found.next_before;
      }
      expect(seen.filter((id) => ids.includes(id))).toEqual(ids);
      expect(new Set(seen).size).toBe(seen.length);
    });
  });
});
