import { toWireCredits } from '../../../common/credits.js';
import { DomainError } from '../../../common/domain-error.js';
import { type Generation, type GenerationStatus, hasEnded } from '../../../relay/index.js';
import type { Asset } from '../../../storage/index.js';
import { goneImages, toFailure } from '../../../surface-kit/index.js';
import type { Language } from '../messages/language.js';
import { messageOf } from '../messages/messages.js';
import { toImageData } from './image-data.mapper.js';
import type { ImageTaskDto, TaskStatus } from './task.dto.js';

const STATUSES: Readonly<Record<GenerationStatus, TaskStatus>> = {
  pending: 'generating',
  processing: 'generating',
  succeeded: 'success',
  failed: 'failed',
  canceled: 'failed',
};

/** What a task's answer needs beside the generation. */
export interface TaskFacts {
  readonly language: Language;
  /** Absolute links of the images that are left. */
  readonly urls: ReadonlyMap<Asset, string>;
}

/** A generation in the words of this API. */
export function toImageTask(generation: Generation, facts: TaskFacts): ImageTaskDto {
  const { id, status, createdAt, finishedAt, receipt } = generation;
  return {
    logId: id,
    status: STATUSES[status],
    startedAt: createdAt.toISOString(),
    points: toWireCredits(hasEnded(status) ? receipt.captured : receipt.held),
    request: requestOf(generation),
    createdAt: createdAt.toISOString(),
    updatedAt: (finishedAt ?? createdAt).toISOString(),
    ...(finishedAt && { duration: finishedAt.getTime() - createdAt.getTime() }),
    ...(status === 'succeeded' && imagesOf(generation, facts)),
    ...errorOf(generation, facts),
  };
}

function requestOf({ request }: Generation): ImageTaskDto['request'] {
  const { requestedModel, prompt, count, size, parameters, inputs } = request;
  const { quality, style } = parameters;
  return {
    model: requestedModel,
    prompt,
    n: count,
    size: size === 'auto' ? size : `${size.width}x${size.height}`,
    ...(quality && { quality }),
    ...(style && { style }),
    ...(inputs && { inputImages: inputs.filter(({ role }) => role === 'image').length }),
  };
}

function imagesOf(generation: Generation, { urls }: TaskFacts) {
  const images = [...urls.keys()];
  return {
    response: toImageData({ ...generation, images }, (asset) => ({ url: urls.get(asset) })),
    images: [...urls].map(([{ width, height }, url]) => ({ url, width, height })),
  };
}

/** Of a task that failed, and of one whose images are gone: it stays a success that was paid. */
function errorOf({ status, error, images }: Generation, { language }: TaskFacts) {
  const gone = goneImages(images);
  if (STATUSES[status] !== 'failed' && gone === null) return {};
  const { code, message } = error ??
    gone ?? { code: 'conflict' as const, message: 'The task was canceled.' };
  return { errorMessage: messageOf(toFailure(new DomainError(code, message)), language) };
}
