import { Injectable } from '@nestjs/common';
import { DomainError, notFound } from '../../common/domain-error.js';
import { SharedGenerations, type SharedImages } from '../../relay/index.js';

/** What has a page, for whoever asks for one. */
@Injectable()
export class SharedPages {
  constructor(private readonly generations: SharedGenerations) {}

  /** @throws DomainError `not_found` for everything that is not public; `image_removed` */
  async getOrThrow(id: string): Promise<SharedImages> {
    const shared = await this.generations.find(id);
    if (shared === 'removed') {
      throw new DomainError('image_removed', 'This image has been removed.');
    }
    if (!shared) throw notFound('image');
    return shared;
  }
}
