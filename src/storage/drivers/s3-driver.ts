import { createReadStream } from 'node:fs';
import { mkdir, unlink } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { isId } from '../../common/ids.js';
import type { Env } from '../../config/index.js';
import { AssetExistsError } from '../storage.errors.js';
import type {
  BlobDriver,
  BlobKey,
  BlobPage,
  BlobReading,
  ByteRange,
  Lent,
  SpooledBlob,
} from './blob-driver.js';

const IDENTITY_KEY = '.easel-store';
const PROBE_KEY = '.easel-probe';

/** Tries of one call in all, with growing pauses; within every work deadline. */
const MAX_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 200;

const CONNECT_TIMEOUT_MS = 3000;

/** A socket that is silent this long is dead. */
const SILENCE_TIMEOUT_MS = 15_000;

const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

type S3Settings = Pick<
  Env,
  | 'S3_ENDPOINT'
  | 'S3_REGION'
  | 'S3_BUCKET'
  | 'S3_ACCESS_KEY_ID'
  | 'S3_SECRET_ACCESS_KEY'
  | 'S3_FORCE_PATH_STYLE'
>;

type ObjectInput = Omit<PutObjectCommandInput, 'Bucket' | 'Body'> & { readonly Key: string };

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

  /**
   * Not every server knows `If-None-Match: *`. Where it is refused the name is
   * looked up first, which does as long as asset ids are new, as they are.
   */
  private hasConditionalPuts = true;

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

  async lend(key: BlobKey): Promise<Lent | null> {
    const reading = await this.open(key);
    return reading && { file: reading.stream, size: reading.size };
  }

  async remove(key: BlobKey): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.bucket, Key: nameOf(key) });
    await orNull(this.client.send(command));
  }

  async list(after: string, limit: number): Promise<BlobPage> {
    const command = new ListObjectsV2Command({
      Bucket: this.bucket,
      StartAfter: after || undefined,
      MaxKeys: limit,
    });
    const { Contents = [], IsTruncated } = await this.client.send(command);
    const names = Contents.map(({ Key = '' }) => Key);
    const next = IsTruncated ? (names[names.length - 1] ?? null) : null;
    return { keys: names.flatMap(keyOf), next };
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
  private async create(input: ObjectInput, body: () => Readable | string): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (await this.tryToCreate(input, body)) return true;
        // A try whose answer was lost may have made it: ours, since nobody else has its name.
        return attempt > 1;
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !isPassing(error)) throw error;
      }
      await delay(FIRST_PAUSE_MS * 2 ** attempt);
    }
  }

  /** @returns false when there is an object of that name. */
  private async tryToCreate(input: ObjectInput, body: () => Readable | string): Promise<boolean> {
    if (!this.hasConditionalPuts && (await this.exists(input.Key))) return false;
    const Body = body();
    const condition = this.hasConditionalPuts ? { IfNoneMatch: '*' } : {};
    try {
      await this.client.send(
        new PutObjectCommand({ ...input, ...condition, Bucket: this.bucket, Body }),
      );
      return true;
    } catch (error) {
      if (statusOf(error) === 412) return false;
      if (statusOf(error) !== 501 || !this.hasConditionalPuts) throw error;
    } finally {
      if (typeof Body !== 'string') Body.destroy();
    }
    this.hasConditionalPuts = false;
    return await this.tryToCreate(input, body);
  }

  private async exists(name: string): Promise<boolean> {
    const command = new HeadObjectCommand({ Bucket: this.bucket, Key: name });
    return (await orNull(this.client.send(command))) !== null;
  }
}

function nameOf({ accountId, assetId }: BlobKey): string {
  return `${accountId}/${assetId}`;
}

/** None for what is no object of ours. */
function keyOf(name: string): BlobKey[] {
  const [accountId, assetId, ...more] = name.split('/');
  return isId(accountId) && isId(assetId) && more.length === 0 ? [{ accountId, assetId }] : [];
}

/** Without a static key the SDK's own chain finds one: roles, profiles, web identities. */
function createClient(settings: S3Settings): S3Client {
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  return new S3Client({
    region: settings.S3_REGION,
    endpoint: settings.S3_ENDPOINT,
    forcePathStyle: settings.S3_FORCE_PATH_STYLE,
    maxAttempts: MAX_ATTEMPTS,
    // It would write to the console that a stream is not sent twice; `create` sees to that.
    logger: SILENT,
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
  const { $metadata } = error as Partial<S3ServiceException>;
  return $metadata?.httpStatusCode;
}

/** No answer at all, a server's own failure or its plea to slow down. */
function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined || (status >= 500 && status !== 501) || status === 429;
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

function ignore(): void {
  return undefined;
}
