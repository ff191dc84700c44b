import { readdir } from 'node:fs/promises';
import { UploadsInFlight } from '../../src/admission/index.js';
import { type TestApp, startApp } from '../support/app.js';
import { makeImage } from '../support/images.js';
import { field, file, formOf, FORM_TYPE, postRaw, type RawAnswer } from '../support/multipart.js';
import type { HostileEdit } from './hostile-edit.js';
import { HOSTILE_FORMS } from './hostile-edit-forms.js';
import { HOSTILE_JSON } from './hostile-edit-json.js';

const CREDITS = 1000;
/** Every body here must be refused: no credit moves, no 5xx, and the field at fault is named. */
const HOSTILE_EDITS = [...HOSTILE_FORMS, ...HOSTILE_JSON];

describe('hostile edits', () => {
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let before: string[];

  beforeAll(async () => {
    app = await startApp();
    customer = await app.givenCustomer(CREDITS);
    before = await files();
  });

  afterAll(async () => {
    await app.stop();
  });

  /** Everything in the data folder: objects, files on their way in, previews. */
  async function files(): Promise<string[]> {
    return (await readdir(app.dataDir, { recursive: true })).sort();
  }

  const send = ({ body, headers }: Pick<HostileEdit, 'body' | 'headers'>): Promise<RawAnswer> =>
    postRaw(`${app.url}/v1/images/edits`, {
      body,
      headers: { authorization: `Bearer ${customer.secret}`, ...headers },
    });

  it('are many', () => {
    expect(HOSTILE_EDITS.length).toBeGreaterThanOrEqual(120);
    expect(new Set(HOSTILE_EDITS.map(({ name }) => name)).size).toBe(HOSTILE_EDITS.length);
  });

  it.each(HOSTILE_EDITS.map((hostile) => [hostile.name, hostile] as const))(
    'refuses %s, and names the field at fault',
    async (_name, hostile) => {
      const { status, text } = await send(hostile);
      expect([status, JSON.parse(text)]).toEqual([
        hostile.status,
        {
          error: {
            message: expect.stringMatching(/^.{10,1500}$/s) as string,
            type: 'invalid_request_error',
            param: hostile.param,
            code: expect.any(String) as string,
          },
        },
      ]);
      expect(text).not.toMatch(/<img|script|etc\/passwd|node_modules|busboy|multer/i);
    },
  );

  it('leaves no credit moved, no row, no object, no file and no upload in flight', async () => {
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: CREDITS, held: 0 });
    const [rows] = await app.database.query(
      `SELECT (SELECT count(*)::int FROM generations) AS generations,
              (SELECT count(*)::int FROM assets) AS assets,
              (SELECT count(*)::int FROM generation_inputs) AS inputs`,
    );
    expect(rows).toEqual({ generations: 0, assets: 0, inputs: 0 });
    expect(await files()).toEqual(before);
    const { bytesOf } = app.app.get<unknown>(UploadsInFlight) as { bytesOf: Map<string, number> };
    expect(bytesOf.size).toBe(0);
    await expect(app.checkLedger()).resolves.toMatchObject({ ok: true, violations: [] });
  });

  it('says nothing of the body to who has no key', async () => {
    for (const authorization of ['', 'Bearer sk-easel-live-nobody', 'Basic x']) {
      const { status, text } = await postRaw(`${app.url}/v1/images/edits`, {
        body: HOSTILE_EDITS[0].body,
        headers: { authorization, 'content-type': FORM_TYPE },
      });
      expect([status, JSON.parse(text)]).toMatchObject([
        401,
        { error: { code: 'invalid_api_key' } },
      ]);
    }
  });

  it('takes odd forms that mean no harm', async () => {
    const png = await makeImage('png');
    const fields = [field('model', 'easel-sketch'), field('prompt', 'a'), field('size', '256x256')];
    const disposition = 'Content-Disposition: form-data; name="image"';
    const odd = [
      file('image', png, '../../etc/passwd'),
      file('image', png, 'a\u202egnp.exe'),
      file('image', png, 'x'.repeat(5000)),
      { ...file('image', png), type: 'text/html' },
      { ...file('image', png), type: undefined },
      { ...file('image', png), head: `${disposition}; filename*=UTF-8''%2e%2e%2fa.png` },
      { ...file('image', png), head: `content-disposition: FORM-DATA; name=image; filename=a.png` },
    ];
    for (const image of odd) {
      const { status, text } = await send({
        body: formOf([...fields, image, field('hasOwnProperty', '1'), field('then', '2')]),
        headers: { 'content-type': FORM_TYPE },
      });
      expect([status, status === 200 ? '' : text]).toEqual([200, '']);
    }
  });
});
