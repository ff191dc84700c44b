import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { DomainError } from '../../common/domain-error.js';
import { isId, newId } from '../../common/ids.js';
import { GuardedFetcher } from '../../egress/index.js';
import { logger } from '../../observability/logger.js';
import type { Asset } from '../asset.js';
import { AssetStore } from '../asset-store.js';
import { ImageGate } from '../image-gate/index.js';
import { LocationScrubber } from '../location/location-scrubber.js';
import { destroyOnAbort, receive } from '../receive.js';
import { Spool } from '../spool.js';
import { INPUT_LIMITS, type InputRole } from './input-limits.js';
import { InputsRepository } from './inputs.repository.js';
import { ReceivedImage } from './received-image.js';

const FETCH_DEADLINE_MS = 30_000;

/**
 * Images that customers send to be edited. They come in two steps: received
 * (inspected, hashed, on the disk) while the request is being read, kept as an
 * asset when it is known to be sound. A request that comes to nothing leaves
 * no object and no row.
 */
@Injectable()
export class InputImages {
  private readonly log = logger('storage');

  constructor(
    private readonly store: AssetStore,
    private readonly spool: Spool,
    private readonly rows: InputsRepository,
    private readonly fetcher: GuardedFetcher,
  ) {}

  /**
   * Takes one image in while it arrives. The place where it was made leaves its
   * metadata; nothing else of its bytes changes.
   *
   * @param source raw bytes of the file; destroyed when this fails
   * @throws ImageRejectedError, StorageUnavailableError, whatever `source` fails with,
   * and the signal's reason
   */
  async receive(source: Readable, role: InputRole, signal?: AbortSignal): Promise<ReceivedImage> {
    source.on('error', () => undefined);
    const stopListening = destroyOnAbort(source, signal);
    const assetId = newId();
    const file = await this.spool.create(assetId).catch((error: unknown) => {
      stopListening();
      source.destroy();
      throw error;
    });
    try {
      const received = await receive(withoutPlace(source), file, INPUT_LIMITS[role]);
      signal?.throwIfAborted();
      return new ReceivedImage(assetId, received, file);
    } catch (error) {
      source.destroy();
      await file.discard();
      throw error;
    } finally {
      stopListening();
    }
  }

  /**
   * Fetches an image from an address that a customer wrote, through the guard.
   *
   * @throws EgressError besides what `receive` throws
   */
  async fetch(url: string, role: InputRole, signal?: AbortSignal): Promise<ReceivedImage> {
    const { stream } = await this.fetcher.fetch(url, {
      maxBytes: INPUT_LIMITS[role].maxBytes,
      deadlineMs: FETCH_DEADLINE_MS,
      accept: 'image/png, image/jpeg, image/webp',
      signal,
    });
    return this.receive(stream, role, signal);
  }

  /**
   * Makes a received image an asset of the account, or finds the one that has
   * the same content already. It waits an hour for a generation to use it.
   *
   * @throws DomainError `content_policy_violation` for content the operator took down
   * @throws StorageUnavailableError, DatabaseUnavailableError
   */
  async keep(accountId: string, image: ReceivedImage): Promise<Asset> {
    if (await this.rows.isBlocked(image.sha256)) throw blocked();
    const known = await this.rows.use(accountId, image.sha256);
    if (known) {
      await image.discard();
      return known;
    }
    const { assetId, hash, file, facts } = image;
    const { bytes, mediaType } = facts;
    await this.store.commit(
      { path: file.path, bytes, sha256: hash, mediaType },
      { accountId, assetId },
    );
    file.handOver();
    const asset = await this.rows.add(accountId, image);
    if (asset.assetId !== assetId) await this.removeTwin(accountId, assetId);
    return asset;
  }

  /**
   * An image of the account by an id that its owner was told: an image's own, or
   * that of the generation whose first image it is.
   *
   * @returns null for missing, deleted, malformed and foreign ids alike
   */
  async find(accountId: string, id: string): Promise<Asset | null> {
    if (!isId(id)) return null;
    return (await this.rows.byId(accountId, id)) ?? (await this.rows.firstOf(accountId, id));
  }

  /** Whether a stored PNG may be transparent in places. @throws StorageUnavailableError */
  async hasAlpha(asset: Asset): Promise<boolean> {
    const gate = new ImageGate(INPUT_LIMITS.mask);
    const { stream } = await this.store.open(asset);
    for await (const chunk of stream as AsyncIterable<Buffer>) gate.push(chunk);
    return gate.finish().hasAlpha ?? false;
  }

  /** Two requests stored the same content at once: this object has no row. */
  private async removeTwin(accountId: string, assetId: string): Promise<void> {
    try {
      await this.store.remove({ accountId, assetId });
    } catch (err) {
      this.log.warn('a second copy of an input was not removed', { assetId, err });
    }
  }
}

async function* withoutPlace(source: Readable): AsyncGenerator<Buffer> {
  const scrubber = new LocationScrubber();
  for await (const chunk of source as AsyncIterable<Buffer>) yield* scrubber.push(chunk);
}

function blocked(): DomainError {
  return new DomainError('content_policy_violation', 'This image was removed by the operator.');
}
