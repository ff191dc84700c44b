import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { newCapability, newId } from '../../src/common/ids.js';
import { AssetStore, EXTENSION_OF, type StoredObject } from '../../src/storage/index.js';
import { startApp, type TestApp } from './app.js';

export interface Linked extends StoredObject {
  readonly accountId: string;
  readonly token: string;
  readonly path: string;
  readonly file: Buffer;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The whole application, with stored images and their links. */
export class FilesRig {
  private constructor(private readonly subject: TestApp) {}

  static async start(env: Record<string, string>): Promise<FilesRig> {
    return new FilesRig(await startApp({ env }));
  }

  get app() {
    return this.subject.app;
  }

  get url(): string {
    return this.subject.url;
  }

  get dataDir(): string {
    return this.subject.dataDir;
  }

  stop(): Promise<void> {
    return this.subject.stop();
  }

  /** One raw request: what a browser would mend on the way arrives as it is. */
  async get(
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<RawAnswer> {
    const { hostname, port } = new URL(this.url);
    const request = httpRequest({ hostname, port, path, method, headers, agent: false });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const body = await buffer(response);
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  }

  /** A stored image with its row, as settle would leave it. */
  async givenFile(file: Buffer, visibility = 'private'): Promise<Linked> {
    const { id: accountId } = await this.subject.givenAccount();
    const stored = await this.app.get(AssetStore).put({
      accountId,
      assetId: newId(),
      source: Readable.from([file]),
      limits: {
        maxBytes: 1e8,
        maxPixels: 1e8,
        mediaTypes: ['image/png', 'image/jpeg', 'image/svg+xml'],
        decodePixels: false,
      },
    });
    const token = newCapability();
    const { assetId, sha256, mediaType, width, height, bytes } = stored;
    await this.subject.database.query(
      `INSERT INTO assets (id, account_id, kind, sha256, media_type, width, height, bytes,
         visibility, link_token) VALUES ($1, $2, 'input', $3, $4, $5, $6, $7, $8, $9)`,
      [assetId, accountId, sha256, mediaType, width, height, bytes, visibility, token],
    );
    const path = `/files/${token}.${EXTENSION_OF[mediaType]}`;
    return { ...stored, accountId, token, file, path };
  }

  /** @param set an SQL assignment of the image's row */
  async change(assetId: string, set: string): Promise<void> {
    await this.subject.database.query(`UPDATE assets SET ${set} WHERE id = $1`, [assetId]);
  }
}
