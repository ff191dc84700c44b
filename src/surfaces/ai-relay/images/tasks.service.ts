import { Injectable } from '@nestjs/common';
import type { Caller } from '../../../api-keys/index.js';
import { isId } from '../../../common/ids.js';
import { RelayService } from '../../../relay/index.js';
import { type Exchange, goneImages, ImageSender, visible } from '../../../surface-kit/index.js';
import { badTaskId, taskNotFound } from '../envelope/envelope-error.filter.js';
import { languageOf } from '../messages/language.js';
import type { ImageTaskDto } from './task.dto.js';
import { toImageTask } from './task.mapper.js';

/** What has become of the tasks of the caller's account. */
@Injectable()
export class ImageTasks {
  constructor(
    private readonly relay: RelayService,
    private readonly sender: ImageSender,
  ) {}

  /** @throws DomainError for an id that is none, and for missing and foreign ones alike */
  async find({ accountId }: Caller, id: string, exchange: Exchange): Promise<ImageTaskDto> {
    const { request, response } = exchange;
    if (!isId(id)) throw badTaskId();
    const generation = await this.relay.find(accountId, id);
    if (!generation) throw taskNotFound();
    response.setHeader('x-generation-id', id);
    if (generation.mode === 'demo') response.setHeader('x-easel-demo', '1');
    const left = goneImages(generation.images) ? [] : visible(generation.images);
    const urls = await this.sender.urlsOf(left, request);
    return toImageTask(generation, { language: languageOf(request), urls });
  }
}
