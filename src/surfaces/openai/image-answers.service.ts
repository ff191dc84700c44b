import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Env } from '../../config/index.js';
import type { Generation } from '../../relay/index.js';
import { type Asset, AssetStore, LinkService } from '../../storage/index.js';
import { publicOrigin, sendImages } from '../../surface-kit/index.js';
import { toGeneration, toImagesResponse, type ToImage, visible } from './images.mapper.js';
import type { ProfileRules, ResponseFormat } from './profile.js';
import { markProcessed } from './open-ai-headers.interceptor.js';

/** Answers with pictures: as links, or as base64 encoded from the stored files on the way out. */
@Injectable()
export class ImageAnswers {
  constructor(
    private readonly store: AssetStore,
    private readonly links: LinkService,
    private readonly env: Env,
  ) {}

  /** OpenAI's answer to a create request. */
  created(
    { request, response }: Exchange,
    generation: Generation,
    format: ResponseFormat,
    profile: ProfileRules,
  ): Promise<void> {
    const { images, request: asked } = generation;
    response.setHeader('x-images-delivered', `${images.length}/${asked.count}`);
    return this.send({ request, response }, generation, format, (toImage) => ({
      ...toImagesResponse(generation, toImage),
      ...(profile.namesGeneration ? { aiimg_generation_id: generation.id } : {}),
    }));
  }

  /** The state of a generation, with its pictures once it succeeded. */
  state(exchange: Exchange, generation: Generation, format: ResponseFormat): Promise<void> {
    return this.send(exchange, generation, format, (toImage) => toGeneration(generation, toImage));
  }

  private async send(
    { request, response }: Exchange,
    generation: Generation,
    format: ResponseFormat,
    toBody: (toImage: ToImage) => object,
  ): Promise<void> {
    const assets = visible(generation.images);
    const urls = format === 'url' ? await this.urlsOf(assets, request) : null;
    markProcessed(response);
    response.status(200);
    if (urls) {
      response.json(toBody((asset) => ({ url: urls.get(asset) })));
      return;
    }
    const open = async (asset: Asset) => (await this.store.open(asset)).stream;
    await sendImages(response, assets, open, (base64Of) =>
      toBody((asset) => ({ b64_json: base64Of(asset) })),
    );
  }

  /** Links that work now: one whose life is over is replaced. */
  private async urlsOf(
    assets: readonly Asset[],
    request: Request,
  ): Promise<ReadonlyMap<Asset, string>> {
    const origin = publicOrigin(request, this.env.PUBLIC_URL);
    const paths = await Promise.all(assets.map((asset) => this.links.freshPath(asset)));
    return new Map(assets.map((asset, i) => [asset, origin + paths[i]]));
  }
}

/** One HTTP request and the answer to it. */
export interface Exchange {
  readonly request: Request;
  readonly response: Response;
}
