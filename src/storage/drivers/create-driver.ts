import { resolve } from 'node:path';
import type { Env } from '../../config/index.js';
import type { BlobDriver } from './blob-driver.js';
import { LocalDriver } from './local-driver.js';

/** The driver that the environment names. The S3 client is only loaded where it is used. */
export async function createDriver(env: Env): Promise<BlobDriver> {
  if (env.STORAGE_DRIVER === 'local') return new LocalDriver(resolve(env.DATA_DIR, 'images'));
  const { S3Driver } = await import('./s3-driver.js');
  return new S3Driver(env, resolve(env.DATA_DIR, 'spool'));
}
