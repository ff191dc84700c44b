import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Generation } from '../../relay/index.js';
import { type Asset, AssetStore } from '../../storage/index.js';
import { refuseDeleted, sendImages } from '../../surface-kit/index.js';
import { toImageMetadata } from './image.mapper.js';

/** One HTTP request and the answer to it. */
export interface Exchange {
  readonly request: Request;
  readonly response: Response;
}

/** Answers with a picture as base64, encoded from its stored file on the way out. */
@Injectable()
export class ImageAnswers {
  constructor(private readonly store: AssetStore) {}

  /**
   * @param more what stands beside `image`
   * @throws DomainError `image_removed`, `storage_unavailable`
   */
  async withBytes(response: Response, generation: Generation, more: object = {}): Promise<void> {
    const [asset] = generation.images;
    refuseDeleted([asset]);
    response.status(200);
    const open = (wanted: Asset) => this.store.lend(wanted);
    await sendImages(response, [asset], open, (base64Of) => ({
      image: { ...toImageMetadata(generation), b64_json: base64Of(asset) },
      ...more,
    }));
  }
}
