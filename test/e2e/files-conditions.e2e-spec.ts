import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FilesRig, type Linked } from '../support/files-rig.js';
import { makeImage } from '../support/images.js';

let rig: FilesRig;
let png: Linked;

beforeAll(async () => {
  rig = await FilesRig.start({});
  png = await rig.givenFile(await makeImage('png', { width: 100, height: 80, noise: true }));
});
afterAll(() => rig.stop());

describe('GET /files/:name with conditions', () => {
  describe('with a range', () => {
    it.each([
      ['bytes=0-0', 0, 1],
      ['bytes=0-99', 0, 100],
      ['bytes=10-', 10, undefined],
      ['bytes=-5', -5, undefined],
      ['bytes=-99999999', 0, undefined],
      ['bytes=5-99999999999999999999999', 5, undefined],
      ['Bytes=1-2', 1, 3],
    ])('answers %s with 206 and those bytes', async (range, from, to) => {
      const { status, headers, body } = await rig.get(png.path, { range });
      const wanted = png.file.subarray(from, to);
      expect(status).toBe(206);
      expect(body.equals(wanted)).toBe(true);
      const start = from < 0 ? png.bytes + from : from;
      expect(headers['content-range']).toBe(
        `bytes ${start}-${start + wanted.length - 1}/${png.bytes}`,
      );
      expect(headers['content-length']).toBe(String(wanted.length));
      expect(headers.etag).toBe(`"${png.sha256}"`);
    });

    it.each(['bytes=99999999-', 'bytes=-0', 'bytes=99999999999999999999999-'])(
      'answers %s with 416 and the size',
      async (range) => {
        const { status, headers, body } = await rig.get(png.path, { range });
        expect([status, body.length]).toEqual([416, 0]);
        expect(headers['content-range']).toBe(`bytes */${png.bytes}`);
      },
    );

    it.each([
      'bytes=0-1,3-4',
      `bytes=${Array.from({ length: 900 }, (_, n) => `${n}-${n}`).join(',')}`,
      'bytes=5-2',
      'bytes=-',
      'bytes=a-b',
      'bytes=0x0-0x5',
      'bytes 0-5',
      'pages=1-2',
      '',
    ])('ignores %s and answers the whole file', async (range) => {
      const { status, body } = await rig.get(png.path, { range });
      expect([status, body.length]).toEqual([200, png.bytes]);
    });

    it('gives it only of the file that the client has the rest of', async () => {
      const range = 'bytes=0-9';
      const lastModified = (await rig.get(png.path)).headers['last-modified']!;
      const statuses: Record<string, number> = {
        [`"${png.sha256}"`]: 206,
        [lastModified]: 206,
        [`W/"${png.sha256}"`]: 200,
        '"another"': 200,
        'Thu, 01 Jan 1970 00:00:00 GMT': 200,
        rubbish: 200,
      };
      for (const [condition, status] of Object.entries(statuses)) {
        expect([
          condition,
          (await rig.get(png.path, { range, 'if-range': condition })).status,
        ]).toEqual([condition, status]);
      }
    });
  });

  describe('with a copy at the client', () => {
    it.each([
      [(tag: string) => tag],
      [(tag: string) => `W/${tag}`],
      [(tag: string) => `"x", ${tag}`],
      [() => '*'],
    ])('answers 304 without a body to a matching If-None-Match', async (condition) => {
      const { status, headers, body } = await rig.get(png.path, {
        'if-none-match': condition(`"${png.sha256}"`),
      });
      expect([status, body.length]).toEqual([304, 0]);
      expect(headers.etag).toBe(`"${png.sha256}"`);
    });

    it('answers 200 to any other, also where the date would match', async () => {
      const now = new Date().toUTCString();
      for (const tag of ['"x"', png.sha256, '""', 'rubbish']) {
        const headers = { 'if-none-match': tag, 'if-modified-since': now };
        expect((await rig.get(png.path, headers)).status).toBe(200);
      }
    });

    it('answers by date when there is no tag', async () => {
      const status = async (date: string) =>
        (await rig.get(png.path, { 'if-modified-since': date })).status;
      expect(await status(new Date(Date.now() + 60_000).toUTCString())).toBe(304);
      expect(await status('Thu, 01 Jan 1970 00:00:00 GMT')).toBe(200);
      expect(await status('not a date')).toBe(200);
    });

    it('does not confirm a copy of a link that ended', async () => {
      const file = await rig.givenFile(await makeImage('png'));
      await rig.change(file.assetId, 'deleted_at = now()');
      expect((await rig.get(file.path, { 'if-none-match': '*' })).status).toBe(410);
    });
  });
});
