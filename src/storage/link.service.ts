import { Injectable } from '@nestjs/common';
import { Env } from '../config/index.js';
import type { Asset } from './asset.js';
import { AssetsRepository } from './assets.repository.js';
import { EXTENSION_OF } from './media-types.js';

/**
 * Links to stored images. A private image's link is a capability: whoever has it
 * may fetch the picture until the link is replaced or `LINK_TTL_SECONDS` is over.
 */
@Injectable()
export class LinkService {
  constructor(
    private readonly assets: AssetsRepository,
    private readonly env: Env,
  ) {}

  /** Path of the present link, `/files/<token>.<ending>`, whether or not it has expired. */
  pathFor({ linkToken, mediaType }: Pick<Asset, 'linkToken' | 'mediaType'>): string {
    return `/files/${linkToken}.${EXTENSION_OF[mediaType]}`;
  }

  /** A path that works: an expired link is replaced. For the image's owner only. */
  async freshPath(asset: Asset): Promise<string> {
    if (!this.isExpired(asset)) return this.pathFor(asset);
    return this.pathFor((await this.assets.rotateLink(asset.assetId, asset.linkToken)) ?? asset);
  }

  isExpired(asset: Asset, now = new Date()): boolean {
    const expiry = this.expiryOf(asset);
    return expiry !== null && expiry <= now;
  }

  /** When the link stops working; null when it does not. Public images have no secret to expire. */
  expiryOf({ visibility, linkIssuedAt }: Asset): Date | null {
    const ttl = this.env.LINK_TTL_SECONDS;
    if (ttl === 0 || visibility === 'public') return null;
    return new Date(linkIssuedAt.getTime() + ttl * 1000);
  }
}
