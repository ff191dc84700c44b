import { afterEach, describe, expect, it } from '@jest/globals';
import { text as readText } from 'node:stream/consumers';
import { HOSTILE_HOSTS, HOSTILE_PORTS, HOSTILE_URLS } from '../../test/data/hostile-urls.js';
import {
  closeServers,
  failure,
  OPTIONS,
  PUBLIC,
  serve,
  setUp,
} from '../../test/support/dial-recorder.js';
import type { Env } from '../config/index.js';
import { DialGuard } from './dial-guard.js';
import { GuardedFetcher } from './guarded-fetcher.js';
import type { AddressResolver } from './resolver.js';

afterEach(closeServers);

describe(DialGuard.name, () => {
  describe('with hostile URLs', () => {
    const local = {
      localhost: [['127.0.0.1', '::1']],
      'metadata.google.internal': [['169.254.169.254']],
    };

    it.each(HOSTILE_HOSTS)('dials nothing for the host %s', async (host) => {
      const { fetcher, recorder } = setUp({ names: local });
      for (const scheme of ['http', 'https']) {
        expect(await failure(fetcher, `${scheme}://${host}/latest/meta-data`)).not.toBe('fetched');
      }
      expect(recorder.dialled).toEqual([]);
    });

    it.each(HOSTILE_URLS)('dials no private address for %j', async (url) => {
      const { fetcher, recorder } = setUp({ names: { ...local, 'example.com': [[PUBLIC]] } });
      expect(await failure(fetcher, url)).not.toBe('fetched');
      expect(recorder.dialled.filter(({ address }) => address !== PUBLIC)).toEqual([]);
    });

    it.each(HOSTILE_PORTS)('dials no public host on port %i', async (port) => {
      const { fetcher, recorder } = setUp({ names: { 'files.example': [[PUBLIC]] } });
      expect(await failure(fetcher, `http://files.example:${port}/`)).toBe('bad_url');
      expect(await failure(fetcher, `https://${PUBLIC}:${port}/`)).toBe('bad_url');
      expect(recorder.dialled).toEqual([]);
    });

    it.each([' ', '\t', '\n', '\r\nX: y', '\u0000', '\u202e', '\u00a0', '\\', '\ud800'])(
      'refuses the character %j, also in the URL of a public host',
      async (character) => {
        const { fetcher, recorder } = setUp({ names: { 'files.example': [[PUBLIC]] } });
        for (const url of [
          `${character}https://files.example/`,
          `https://files.example/a${character}`,
        ]) {
          expect(await failure(fetcher, url)).toBe('bad_url');
        }
        expect(recorder.dialled).toEqual([]);
      },
    );

    it('refuses plain http unless it is allowed, and URLs beyond 2,048 characters', async () => {
      const { fetcher, recorder } = setUp({ allowHttp: false });
      expect(await failure(fetcher, `http://${PUBLIC}/x.png`)).toBe('bad_url');
      const endless = `https://files.example/${'a'.repeat(2048)}`;
      expect(await failure(fetcher, endless)).toBe('bad_url');
      expect(recorder.dialled).toEqual([]);
    });
  });

  describe('with hostile names', () => {
    it('refuses a name when one of its addresses is private', async () => {
      for (const mixed of ['10.0.0.1', '::1', '169.254.169.254', 'fd00::1', '::ffff:10.0.0.1']) {
        const { fetcher, recorder } = setUp({ names: { 'mixed.example': [[PUBLIC, mixed]] } });
        expect(await failure(fetcher, 'https://mixed.example/')).toBe('not_public');
        expect(recorder.dialled).toEqual([]);
      }
    });

    it('dials the very address it checked when the name changes a moment later', async () => {
      const names = { 'rebind.example': [[PUBLIC], ['127.0.0.1']] };
      const { fetcher, recorder, resolver } = setUp({ names });
      expect(await failure(fetcher, 'http://rebind.example/')).toBe('unreachable');
      expect(resolver.asked).toEqual(['rebind.example']);
      expect(recorder.dialled.map(({ address }) => address)).toEqual([PUBLIC]);
    });

    it('tries three of sixty addresses', async () => {
      const sixty = Array.from({ length: 60 }, (_, index) => `93.184.216.${index + 1}`);
      const { fetcher, recorder } = setUp({ names: { 'many.example': [sixty] } });
      expect(await failure(fetcher, 'https://many.example/')).toBe('unreachable');
      expect(recorder.dialled).toHaveLength(3);
    });

    it('gives up at the deadline when the name server never answers', async () => {
      const { recorder } = setUp();
      const silent: AddressResolver = {
        resolvePublic: () => new Promise(() => undefined),
        resolveTrusted: () => new Promise(() => undefined),
      };
      const guard = new DialGuard(recorder, silent);
      const fetcher = new GuardedFetcher(guard, { ALLOW_HTTP_FETCH: true } as Env);
      const reason = await failure(fetcher, 'https://silent.example/', { deadlineMs: 100 });
      expect(reason).toBe('too_slow');
    });

    it('asks TLS for the name, not for the address', async () => {
      const { fetcher, recorder } = setUp({ names: { 'files.example': [[PUBLIC]] } });
      await failure(fetcher, 'https://files.example/');
      await failure(fetcher, `https://${PUBLIC}/`);
      await failure(fetcher, 'https://[2606:2800:220:1::1]/');
      const secure = { port: 443, secure: true };
      expect(recorder.dialled).toEqual([
        { ...secure, address: PUBLIC, tlsName: 'files.example' },
        { ...secure, address: PUBLIC, tlsName: null },
        { ...secure, address: '2606:2800:220:1::1', tlsName: null },
      ]);
    });
  });

  describe('with an upstream of the operator on a private network', () => {
    it('dials that origin, and nothing else there', async () => {
      const port = await serve((_request, response) => response.end('png'));
      const { fetcher, recorder } = setUp({ stands: { '127.0.0.1': port }, allowHttp: false });
      const allowOrigin = `http://127.0.0.1:${port}/v1`;

      const own = await fetcher.fetch(`http://127.0.0.1:${port}/x.png?y=1`, {
        ...OPTIONS,
        allowOrigin,
      });
      expect(await readText(own.stream)).toBe('png');
      recorder.dialled.length = 0;

      for (const url of [
        'http://127.0.0.1:1/',
        `https://127.0.0.1:${port}/`,
        `http://127.0.0.2:${port}/`,
        `http://localhost:${port}/`,
        `http://user@127.0.0.1:${port}/`,
      ]) {
        expect(await failure(fetcher, url, { allowOrigin })).not.toBe('fetched');
      }
      expect(recorder.dialled).toEqual([]);
    });

    it('leaves no open way to it for a caller without the right', async () => {
      const port = await serve((_request, response) => response.end('png'));
      const { fetcher } = setUp({ stands: { '127.0.0.1': port } });
      const url = `http://127.0.0.1:${port}/`;
      const { stream } = await fetcher.fetch(url, { ...OPTIONS, allowOrigin: url });
      await readText(stream);
      expect(await failure(fetcher, url)).toBe('bad_url');
      expect(await failure(fetcher, 'http://127.0.0.1/')).toBe('not_public');
    });
  });
});
