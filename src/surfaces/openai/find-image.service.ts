import { Injectable } from '@nestjs/common';
import type { Caller } from '../../api-keys/index.js';
import { invalidValue, notFound } from '../../common/domain-error.js';
import { isId } from '../../common/ids.js';
import { RelayService } from '../../relay/index.js';
import { type Exchange, ImageAnswers } from './image-answers.service.js';
import type { ResponseFormat } from './profile.js';

const FORMATS: readonly ResponseFormat[] = ['url', 'b64_json'];

/** Answers the state of one generation of the caller's account. */
@Injectable()
export class FindImageService {
  constructor(
    private readonly relay: RelayService,
    private readonly answers: ImageAnswers,
  ) {}

  /** @throws DomainError `not_found` for bad, missing and foreign ids alike; `invalid_value` */
  async find(
    { accountId }: Caller,
    id: string,
    sentFormat: unknown,
    exchange: Exchange,
  ): Promise<void> {
    const format = FORMATS.find((known) => known === (sentFormat ?? 'url'));
    if (!format) {
      throw invalidValue('response_format', 'There is no such format.', { accepted: FORMATS });
    }
    const generation = isId(id) ? await this.relay.find(accountId, id) : null;
    if (!generation) throw notFound('generation');
    const { response } = exchange;
    response.setHeader('x-generation-id', id);
    if (generation.mode === 'demo') response.setHeader('x-easel-demo', '1');
    if (generation.status === 'succeeded') {
      const { images, request } = generation;
      response.setHeader('x-images-delivered', `${images.length}/${request.count}`);
    }
    await this.answers.state(exchange, generation, format);
  }
}
