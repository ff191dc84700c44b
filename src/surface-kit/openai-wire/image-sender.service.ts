import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { Env } from '../../config/index.js';
import { type Asset, AssetStore, LinkService } from '../../storage/index.js';
import type { Exchange } from '../exchange.js';
import { sendImages } from '../image-answer.js';
import { publicOrigin } from '../request-facts.js';
import type { ToImage } from './images.mapper.js';
import { markProcessed } from './open-ai-headers.interceptor.js';

export type ResponseFormat = 'url' | 'b64_json';

/** Pictures, and how they are to be answered. */
export interface SentImages {
  readonly assets: readonly Asset[];
  readonly format: ResponseFormat;
}

/** Sends pictures as links, or as base64 encoded from the stored files on the way out. */
@Injectable()
export class ImageSender {
  constructor(
    private readonly store: AssetStore,
    private readonly links: LinkService,
    private readonly env: Env,
  ) {}

  /**
   * @param toBody the answer, given how one image is answered
   * @throws DomainError `storage_unavailable`
   */
  async send(
    { request, response }: Exchange,
    { assets, format }: SentImages,
    toBody: (toImage: ToImage) => object,
  ): Promise<void> {
    const urls = format === 'url' ? await this.urlsOf(assets, request) : null;
    markProcessed(response);
    if (urls) {
      response.json(toBody((asset) => ({ url: urls.get(asset) })));
      return;
    }
    const open = (asset: Asset) => this.store.lend(asset);
    await sendImages(response, assets, open, (base64Of) =>
      toBody((asset) => ({ b64_json: base64Of(asset) })),
    );
  }

  /** Links that work now: one whose life is over is replaced. */
  async urlsOf(assets: readonly Asset[], request: Request): Promise<ReadonlyMap<Asset, string>> {
    const origin = publicOrigin(request, this.env.PUBLIC_URL);
    const paths = await Promise.all(assets.map((asset) => this.links.freshPath(asset)));
    return new Map(assets.map((asset, i) => [asset, origin + paths[i]]));
  }
}
