import { ceilCredits } from '../../common/credits.js';
import { type Generation, type GenerationStatus, hasEnded } from '../../relay/index.js';
import type { Asset } from '../../storage/index.js';
import { goneImages } from '../../surface-kit/index.js';
import { taskError } from './open-tasks-error.filter.js';
import type { TaskDto, TaskStatus } from './task.dto.js';

const STATUSES: Readonly<Record<GenerationStatus, TaskStatus>> = {
  pending: 'pending',
  processing: 'processing',
  succeeded: 'success',
  failed: 'failed',
  canceled: 'canceled',
};

/** What a task's answer needs beside the generation. */
export interface TaskFacts {
  readonly upstreamTaskId: string | null;
  /** Absolute links of the images that are left. */
  readonly urls: ReadonlyMap<Asset, string>;
}

/** A generation in the words of this API. */
export function toTask(generation: Generation, { upstreamTaskId, urls }: TaskFacts): TaskDto {
  const { id, status, request, visibility, createdAt, finishedAt } = generation;
  return {
    id,
    status: STATUSES[status],
    provider: request.ownedBy,
    model: request.model,
    prompt: request.prompt || null,
    options: optionsOf(generation),
    task_info: infoOf(generation),
    task_id: upstreamTaskId,
    task_result: status === 'succeeded' ? { images: [...urls].map(toImage) } : null,
    cost_credits: costOf(generation),
    visibility,
    source: 'api',
    created_at: createdAt.toISOString(),
    updated_at: (finishedAt ?? createdAt).toISOString(),
  };
}

function optionsOf({ request: { parameters, inputs = [] } }: Generation): TaskDto['options'] {
  const { aspectRatio = null, resolution = null } = parameters;
  return { aspect_ratio: aspectRatio, resolution, reference_images: inputs.length };
}

function infoOf({ error: failed, queue, images }: Generation): TaskDto['task_info'] {
  const error = failed ?? goneImages(images);
  if (error) return { error: taskError(error.code), message: error.message };
  if (!queue) return null;
  return { queue_position: queue.position, estimate_seconds: queue.estimateSeconds };
}

/** What is set aside, until it is known what was charged. */
function costOf({ status, receipt: { held, captured } }: Generation): number {
  return ceilCredits(hasEnded(status) ? captured : held);
}

function toImage([{ width, height, mediaType }, url]: [Asset, string]) {
  return { url, width, height, content_type: mediaType };
}
