import { ceilCredits } from '../../common/credits.js';
import type { Generation } from '../../relay/index.js';
import type { ImageMetadata } from './answers.js';
import { partsOf } from './style.js';
import type { AspectRatio, ModelId, ProviderId, ThinkingLevel } from './vocabulary.js';

/**
 * A delivered generation as this surface calls it, an image. What was read by
 * `readGenerateImage` is kept word for word, so the words are this surface's.
 */
export function toImageMetadata(generation: Generation): ImageMetadata {
  const { id, request, receipt, images, createdAt } = generation;
  const { aspectRatio, thinkingLevel } = request.parameters;
  return {
    id,
    ...partsOf(request),
    modelId: request.requestedModel as ModelId,
    providerId: request.requestedModel.split(':')[0] as ProviderId,
    aspectRatio: aspectRatio as AspectRatio,
    thinkingLevel: (thinkingLevel as ThinkingLevel | undefined) ?? null,
    mediaType: images[0].mediaType,
    creditCost: ceilCredits(receipt.captured),
    createdAt: createdAt.toISOString(),
  };
}
