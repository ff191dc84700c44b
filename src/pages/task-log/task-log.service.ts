import { Injectable } from '@nestjs/common';
import { CatalogService } from '../../models/index.js';
import { type Generation, RelayService, SharedGenerations } from '../../relay/index.js';
import { LinkService } from '../../storage/index.js';
import type { Visitor } from '../visitors.service.js';
import type { TaskLogQuery } from './task-log.query.js';
import type { LoggedTask, TaskLogFacts } from './task-log.view.js';

const PAGE_LENGTH = 25;

/** Gathers a page of the log. */
@Injectable()
export class TaskLog {
  constructor(
    private readonly relay: RelayService,
    private readonly shared: SharedGenerations,
    private readonly catalog: CatalogService,
    private readonly links: LinkService,
  ) {}

  /** By id, which no two tasks share: nothing is lost between pages, whatever comes at one time. */
  async page(visitor: Visitor, query: TaskLogQuery): Promise<TaskLogFacts> {
    const filter = { ...query, byApiKey: true, limit: PAGE_LENGTH + 1 };
    const found = await this.relay.list(visitor.accountId, filter);
    const generations = found.slice(0, PAGE_LENGTH);
    const shown = await this.shared.shownOf(generations.map(({ id }) => id));
    const tasks = generations.map((generation) => this.toTask(generation, shown));
    return {
      visitor,
      query,
      models: this.catalog.current().catalog.models.map(({ name }) => name),
      tasks: await Promise.all(tasks),
      next: found.length > PAGE_LENGTH ? (generations.at(-1)?.id ?? null) : null,
    };
  }

  private async toTask(generation: Generation, shown: ReadonlySet<string>): Promise<LoggedTask> {
    const { id, images, visibility, status } = generation;
    const left = images.filter(({ deletedAt, removedAt }) => !deletedAt && !removedAt);
    const paths = await Promise.all(left.map((image) => this.links.freshPath(image)));
    const isShared = visibility === 'public' && status === 'succeeded' && left.length > 0;
    return { generation, paths, isPromptShown: isShared ? shown.has(id) : null };
  }
}
