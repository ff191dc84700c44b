import { Injectable } from '@nestjs/common';
import type { Caller } from '../../api-keys/index.js';
import { DomainError, notFound } from '../../common/domain-error.js';
import { isId } from '../../common/ids.js';
import { type Generation, GenerationLines, hasEnded, RelayService } from '../../relay/index.js';
import type { ListImagesResponse } from './answers.js';
import { type Exchange, ImageAnswers } from './image-answers.service.js';
import { toImageMetadata } from './image.mapper.js';
import { type PageQuery, readPageQuery } from './page-query.js';
import { SURFACE } from './vocabulary.js';

/** Finds what the caller's account has made through this surface. */
@Injectable()
export class ImagesService {
  constructor(
    private readonly relay: RelayService,
    private readonly lines: GenerationLines,
    private readonly answers: ImageAnswers,
  ) {}

  /** @throws DomainError `invalid_value` for a page that cannot be read */
  async list({ accountId }: Caller, query: PageQuery): Promise<ListImagesResponse> {
    const page = readPageQuery(query);
    const { generations, total } = await this.lines.page(accountId, SURFACE, page);
    return { images: generations.map(toImageMetadata), total, ...page };
  }

  /**
   * @param format `metadata` leaves the bytes out; anything else is ignored
   * @throws DomainError `not_found` for bad, missing and foreign ids alike, and for
   * what has no image (yet); `image_removed` for bytes that were deleted
   */
  async find(
    { accountId }: Caller,
    id: string,
    format: unknown,
    { response }: Pick<Exchange, 'response'>,
  ): Promise<void> {
    const found = isId(id) ? await this.relay.find(accountId, id) : null;
    if (found?.surface !== SURFACE) throw notFound('image');
    const generation = deliveredOrThrow(found);
    response.setHeader('x-generation-id', id);
    if (format !== 'metadata') return this.answers.withBytes(response, generation);
    response.json({ image: toImageMetadata(generation) });
  }
}

function deliveredOrThrow(generation: Generation): Generation {
  if (generation.status === 'succeeded') return generation;
  throw new DomainError(
    'not_found',
    hasEnded(generation.status)
      ? 'No image came of this request, and nothing was charged for it.'
      : 'The image is still being made. Please ask again later.',
  );
}
