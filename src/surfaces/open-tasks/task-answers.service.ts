import { Injectable } from '@nestjs/common';
import { Env } from '../../config/index.js';
import { type Generation, RelayService, TaskPauses } from '../../relay/index.js';
import { LinkService } from '../../storage/index.js';
import { goneImages, publicOrigin, visible } from '../../surface-kit/index.js';
import type { Exchange } from './create-task.service.js';
import { toTask } from './task.mapper.js';
import type { TaskAnswerDto } from './task.dto.js';

/** Answers with the state of a task, its pictures as absolute links. */
@Injectable()
export class TaskAnswers {
  constructor(
    private readonly relay: RelayService,
    private readonly pauses: TaskPauses,
    private readonly links: LinkService,
    private readonly env: Env,
  ) {}

  async answer(generation: Generation, { request, response }: Exchange): Promise<TaskAnswerDto> {
    response.setHeader('x-generation-id', generation.id);
    if (generation.mode === 'demo') response.setHeader('x-easel-demo', '1');
    const origin = publicOrigin(request, this.env.PUBLIC_URL);
    const left = goneImages(generation.images) ? [] : visible(generation.images);
    const [upstreamTaskId, ...paths] = await Promise.all([
      this.relay.upstreamTaskOf(generation),
      ...left.map((asset) => this.links.freshPath(asset)),
    ]);
    const isAwaited = upstreamTaskId !== null && generation.finishedAt === null;
    if (isAwaited) this.pauses.hasten(generation.id);
    const urls = new Map(left.map((asset, i) => [asset, origin + paths[i]]));
    return { code: 0, message: 'ok', data: toTask(generation, { upstreamTaskId, urls }) };
  }
}
