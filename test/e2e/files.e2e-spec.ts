import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { newCapability } from '../../src/common/ids.js';
import { AssetsRepository, LinkService } from '../../src/storage/index.js';
import { FilesRig, type Linked } from '../support/files-rig.js';
import { makeImage, makeLargePng, makeSvg } from '../support/images.js';

const LINK_TTL_SECONDS = 3600;

let rig: FilesRig;
let png: Linked;

beforeAll(async () => {
  rig = await FilesRig.start({ LINK_TTL_SECONDS: String(LINK_TTL_SECONDS) });
  png = await rig.givenFile(await makeImage('png', { width: 100, height: 80, noise: true }));
});
afterAll(() => rig.stop());

describe('GET /files/:name', () => {
  describe('with a link that works', () => {
    it('answers 200 with the bytes and headers that make a file inert', async () => {
      const { status, headers, body } = await rig.get(png.path);

      expect(status).toBe(200);
      expect(body.equals(png.file)).toBe(true);
      expect(headers).toMatchObject({
        'content-type': 'image/png',
        'content-length': String(png.bytes),
        'content-disposition': `inline; filename="${png.assetId}.png"`,
        'content-security-policy': "sandbox; default-src 'none'",
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'cross-origin',
        'referrer-policy': 'no-referrer',
        'accept-ranges': 'bytes',
        etag: `"${png.sha256}"`,
      });
      expect(headers['set-cookie']).toBeUndefined();
      expect(headers.location).toBeUndefined();
    });

    it('lets no cache keep it longer than the link lives', async () => {
      const { headers } = await rig.get(png.path);
      const [, seconds] =
        /^private, max-age=(\d+), immutable$/.exec(headers['cache-control']!) ?? [];
      expect(Number(seconds)).toBeGreaterThan(LINK_TTL_SECONDS - 120);
      expect(Number(seconds)).toBeLessThanOrEqual(LINK_TTL_SECONDS);
    });

    it('lets shared caches keep public images for a while', async () => {
      const { path } = await rig.givenFile(await makeImage('jpeg'), 'public');
      expect((await rig.get(path)).headers['cache-control']).toBe('public, max-age=3600');
    });

    it('neither needs nor looks at a credential', async () => {
      for (const authorization of ['Bearer nonsense', 'Bearer sk-easel-live-x', 'Basic ++', '']) {
        expect((await rig.get(png.path, { authorization })).status).toBe(200);
      }
    });

    it('hands out an SVG as an attachment only', async () => {
      const { path, assetId } = await rig.givenFile(makeSvg());
      const { headers } = await rig.get(path);
      expect(headers['content-type']).toBe('image/svg+xml');
      expect(headers['content-disposition']).toBe(`attachment; filename="${assetId}.svg"`);
      expect(headers['content-security-policy']).toBe("sandbox; default-src 'none'");
    });

    it('answers HEAD with the same headers and no body', async () => {
      const whole = await rig.get(png.path);
      const head = await rig.get(png.path, { range: 'bytes=0-1' }, 'HEAD');
      expect(head.status).toBe(200);
      expect(head.body).toHaveLength(0);
      for (const name of [
        'content-length',
        'content-type',
        'etag',
        'last-modified',
        'cache-control',
      ]) {
        expect(String(head.headers[name]).slice(0, 20)).toBe(
          String(whole.headers[name]).slice(0, 20),
        );
      }
    });
  });

  describe('with a link that does not work', () => {
    it('answers 404, in few words, whatever is wrong with it', async () => {
      const { token } = png;
      const traversal = [
        '../../etc/passwd',
        '..%2f..%2fetc%2fpasswd',
        '%252e%252e%252fx',
        '..\\x',
        '%2fetc%2fpasswd',
      ];
      const names = [
        `${newCapability()}.png`,
        `${token}.jpg`,
        `${token}.svg`,
        `${token}`,
        `${token}.png.png`,
        `${token}.PNG`,
        `${token}%00.png`,
        `${token}.png%00`,
        `${token}.png%3fx`,
        `${token.slice(0, -1)}.png`,
        `${token}a.png`,
        `${png.assetId}.png`,
        `${'a'.repeat(5000)}.png`,
        '.easel-store',
        ...traversal,
      ];
      for (const name of names) {
        const { status, headers, body } = await rig.get(`/files/${name}`);
        expect([name, status]).toEqual([name, 404]);
        expect(body.length).toBeLessThan(600);
        expect(body.toString()).not.toMatch(/easel-app|images\/|SELECT|at .*\.js/);
        expect(headers['cache-control'] ?? 'no-store').toContain('no-store');
      }
    });

    it('answers 404 once the link is replaced or past its time, 410 once it is deleted', async () => {
      const links = rig.app.get(LinkService);
      const assets = rig.app.get(AssetsRepository);
      const file = await rig.givenFile(await makeImage('png'));

      const rotated = await assets.rotateLink(file.assetId);
      expect((await rig.get(file.path)).status).toBe(404);
      expect((await rig.get(links.pathFor(rotated!))).status).toBe(200);

      await rig.change(
        file.assetId,
        `link_issued_at = now() - interval '${LINK_TTL_SECONDS + 1} s'`,
      );
      expect((await rig.get(links.pathFor(rotated!))).status).toBe(404);
      const expired = await assets.byLinkToken(rotated!.linkToken);
      const fresh = await links.freshPath(expired!);
      expect(fresh).not.toBe(links.pathFor(rotated!));
      expect((await rig.get(fresh)).status).toBe(200);

      await rig.change(file.assetId, 'deleted_at = now()');
      expect((await rig.get(fresh)).status).toBe(410);
    });

    it('answers 410 for what the operator took down', async () => {
      const file = await rig.givenFile(await makeImage('png'));
      await rig.change(file.assetId, 'removed_at = now()');
      const { status, headers, body } = await rig.get(file.path);
      expect([status, body.toString()]).toEqual([410, 'This image has been removed.\n']);
      expect(headers['content-type']).toMatch(/^text\/plain/);
      expect(headers['cache-control']).toBe('no-store');
    });

    it('answers 503 when the bytes are missing, without saying where they should be', async () => {
      const file = await rig.givenFile(await makeImage('png'));
      const period = file.assetId.slice(0, 5);
      await unlink(join(rig.dataDir, 'images', file.accountId, period, file.assetId));
      const { status, headers, body } = await rig.get(file.path);
      expect([status, body.toString()]).toEqual([503, 'The image cannot be read at the moment.\n']);
      expect(headers['cache-control']).toBe('no-store');
      expect(headers.etag).toBeUndefined();
    });
  });

  it('closes the file of a client that leaves half-way, and serves the next one', async () => {
    const file = await rig.givenFile(await makeLargePng(6_000_000));
    const { hostname, port } = new URL(rig.url);
    for (let round = 0; round < 5; round++) {
      const socket = connect(Number(port), hostname);
      socket.write(`GET ${file.path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await once(socket, 'data');
      socket.destroy();
      await once(socket, 'close');
    }
    const answer = await fetch(rig.url + file.path);
    expect(Buffer.from(await answer.arrayBuffer()).equals(file.file)).toBe(true);
  });

  it('answers other methods with 405 or 404 and changes nothing', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      expect([404, 405]).toContain((await rig.get(png.path, {}, method)).status);
    }
    expect((await rig.get(png.path)).status).toBe(200);
  });
});
