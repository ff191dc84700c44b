import { Injectable } from '@nestjs/common';
import type { Caller } from '../../api-keys/index.js';
import { invalidValue, notFound } from '../../common/domain-error.js';
import { isId } from '../../common/ids.js';
import { type Generation, RelayService } from '../../relay/index.js';
import type { ResponseFormat } from '../../surface-kit/index.js';
import type { GenerationListDto } from './generation.dto.js';
import { type Exchange, ImageAnswers } from './image-answers.service.js';
import { type ListQuery, readListQuery } from './list-query.js';

const FORMATS: readonly ResponseFormat[] = ['url', 'b64_json'];

/** Answers the state of generations of the caller's account, and ends or empties them. */
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
    await this.answer(exchange, await this.relay.find(accountId, knownId(id)), format);
  }

  /** @throws DomainError `invalid_value` for a filter, limit or cursor that cannot be read */
  async list({ accountId }: Caller, query: ListQuery, exchange: Exchange): Promise<void> {
    const { limit, ...page } = readListQuery(query);
    const found = await this.relay.list(accountId, { ...page, limit: limit + 1 });
    const data = await this.answers.states(exchange, found.slice(0, limit));
    const last = data.at(-1)?.id ?? null;
    const more = found.length > limit;
    const body: GenerationListDto = {
      object: 'list',
      data,
      first_id: data[0]?.id ?? null,
      last_id: last,
      has_more: more,
      next_cursor: more ? last : null,
    };
    exchange.response.json(body);
  }

  /** Cancels what runs, deletes what is done; the state after it. Safe to repeat. */
  async remove({ accountId }: Caller, id: string, exchange: Exchange): Promise<void> {
    await this.answer(exchange, await this.relay.discard(accountId, knownId(id)), 'url');
  }

  private async answer(
    exchange: Exchange,
    generation: Generation | null,
    format: ResponseFormat,
  ): Promise<void> {
    if (!generation) throw notFound('generation');
    const { response } = exchange;
    response.setHeader('x-generation-id', generation.id);
    if (generation.mode === 'demo') response.setHeader('x-easel-demo', '1');
    if (generation.status === 'succeeded') {
      const { images, request } = generation;
      response.setHeader('x-images-delivered', `${images.length}/${request.count}`);
    }
    await this.answers.state(exchange, generation, format);
  }
}

function knownId(id: string): string {
  if (isId(id)) return id;
  throw notFound('generation');
}
