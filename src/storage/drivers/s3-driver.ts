import { createReadStream } from 'node:fs';
import { mkdir, unlink } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { Env } from '../../config/index.js';
import { AssetExistsError } from '../storage.errors.js';
import type { BlobDriver, BlobKey, BlobReading, ByteRange, SpooledBlob } from './blob-driver.js';

const IDENTITY_KEY = '.easel-store';
const PROBE_KEY = '.easel-probe';

/** Tries of one call in all, with growing pauses; within every work deadline. */
const MAX_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 200;

const CONNECT_TIMEOUT_MS = 3000;

/** A socket that is silent this long is dead. */
const SILENCE_TIMEOUT_MS = 15_000;

type S3Settings = Pick<
  Env,
  | 'S3_ENDPOINT'
  | 'S3_REGION'
  | 'S3_BUCKET'
  | 'S3_ACCESS_KEY_ID'
  | 'S3_SECRET_ACCESS_KEY'
  | 'S3_FORCE_PATH_STYLE'
>;

/**
 * Objects in a bucket, named `account/asset`.
 *
 * A picture is spooled to the local disk first: its length and hash are known
 * before the upload begins, so the server can check both, and a failed upload is
 * repeated without asking the upstream again.
 */
export class S3Driver implements BlobDriver {
  private readonly client: S3Client;
  private readonly bucket: string;

  constructor(
    settings: S3Settings,
    readonly spoolFolder: string,
  ) {
    this.bucket = settings.S3_BUCKET ?? '';
    this.client = createClient(settings);
  }

  async prepare(): Promise<void> {
    await mkdir(this.spoolFolder, { recursive: true, mode: 0o700 });
  }

  async store(blob: SpooledBlob, key: BlobKey): Promise<void> {
    const input = {
      Key: nameOf(key),
      ContentLength: blob.bytes,
      ContentType: blob.mediaType,
      ChecksumSHA256: blob.sha256.toString('base64'),
    };
    const created = await this.create(input, () => createReadStream(blob.path));
    if (!created) throw new AssetExistsError(key.assetId);
    await unlink(blob.path);
  }

  async open(key: BlobKey, range?: ByteRange): Promise<BlobReading | null> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    const answer = await orNull(
      this.client.send(
        new GetObjectCommand({ Bucket: this.bucket, Key: nameOf(key), ...(Range && { Range }) }),
      ),
    );
    if (!answer) return null;
    const bytes = answer.ContentLength ?? 0;
    const size = Number(answer.ContentRange?.split('/')[1] ?? bytes);
    return { stream: answer.Body as Readable, bytes, size };
  }

  async remove(key: BlobKey): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.bucket, Key: nameOf(key) });
    await orNull(this.client.send(command));
  }

  async isEmpty(): Promise<boolean> {
    // The store's own objects begin with a dot, which sorts before every account id.
    const command = new ListObjectsV2Command({ Bucket: this.bucket, StartAfter: '/', MaxKeys: 1 });
    const { KeyCount } = await this.client.send(command);
    return KeyCount === 0;
  }

  async readIdentity(): Promise<string | null> {
    const command = new GetObjectCommand({ Bucket: this.bucket, Key: IDENTITY_KEY });
    const answer = await orNull(this.client.send(command));
    const text = await answer?.Body?.transformToString();
    return text?.trim() ?? null;
  }

  async writeIdentity(id: string): Promise<void> {
    await this.create({ Key: IDENTITY_KEY }, () => `${id}\n`);
  }

  async probe(): Promise<void> {
    const target = { Bucket: this.bucket, Key: PROBE_KEY };
    await this.client.send(new PutObjectCommand({ ...target, Body: 'x' }));
  }

  close(): void {
    this.client.destroy();
  }

  /**
   * Puts an object unless there is one of its name. A body that is a stream can
   * be sent once, so every try gets a fresh one.
   *
   * @returns false when the object was there before the first try
   */
  private async create(
    input: Omit<PutObjectCommandInput, 'Bucket' | 'Body'>,
    body: () => Readable | string,
  ): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const Body = body();
      try {
        await this.client.send(
          new PutObjectCommand({ ...input, Bucket: this.bucket, Body, IfNoneMatch: '*' }),
        );
        return true;
      } catch (error) {
        // A try whose answer was lost may have made the object: ours, since nobody else has its name.
        if (statusOf(error) === 412) return attempt > 1;
        if (attempt === MAX_ATTEMPTS || !isPassing(error)) throw error;
      } finally {
        if (typeof Body !== 'string') Body.destroy();
      }
      await delay(FIRST_PAUSE_MS * 2 ** attempt);
    }
  }
}

function nameOf({ accountId, assetId }: BlobKey): string {
  return `${accountId}/${assetId}`;
}

/** Without a static key the SDK's own chain finds one: roles, profiles, web identities. */
function createClient(settings: S3Settings): S3Client {
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  return new S3Client({
    region: settings.S3_REGION,
    endpoint: settings.S3_ENDPOINT,
    forcePathStyle: settings.S3_FORCE_PATH_STYLE,
    maxAttempts: MAX_ATTEMPTS,
    // Servers other than Amazon's refuse the trailing checksums that newer SDKs send unasked.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_TIMEOUT_MS,
    },
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
  });
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** No answer at all, a server's own failure or its plea to slow down. */
function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined || status >= 500 || status === 429;
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}
