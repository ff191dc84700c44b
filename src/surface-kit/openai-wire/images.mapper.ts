import { DomainError } from '../../common/domain-error.js';
import type { Generation } from '../../relay/index.js';
import type { Asset, ImageMediaType } from '../../storage/index.js';
import type { ImageDto, ImagesResponseDto, UsageDto } from './images.dto.js';

/** How one image is answered: its link, or what stands for its base64. */
export type ToImage = (asset: Asset) => ImageDto;

export const FORMAT_OF_MEDIA_TYPE: Readonly<Record<ImageMediaType, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/svg+xml': 'svg',
};

/** OpenAI's answer. What is not known is left out: `auto` and empty strings mislead clients. */
export function toImagesResponse(generation: Generation, toImage: ToImage): ImagesResponseDto {
  const { images, request, usage, receipt } = generation;
  const [first] = images;
  const { background } = request.parameters;
  return {
    created: unixSeconds(generation.createdAt),
    data: visible(images).map(toImage),
    ...(background && background !== 'auto' ? { background } : {}),
    ...(first ? { output_format: FORMAT_OF_MEDIA_TYPE[first.mediaType] } : {}),
    ...(receipt.quality === 'auto' ? {} : { quality: receipt.quality }),
    ...(first ? { size: `${first.width}x${first.height}` } : {}),
    ...(usage ? { usage: toUsage(usage) } : {}),
  };
}

/**
 * Images that still have bytes.
 *
 * @throws DomainError `image_removed` when the operator took one down: then the
 * whole answer is gone, so that nobody takes a part for the whole.
 */
export function visible(images: readonly Asset[]): Asset[] {
  const gone = goneImages(images);
  if (gone && images.some(({ removedAt }) => removedAt !== null)) throw gone;
  return images.filter(({ deletedAt }) => deletedAt === null);
}

export function toUsage(usage: NonNullable<Generation['usage']>): UsageDto {
  const imageTokens = usage.inputImageTokens ?? 0;
  return {
    total_tokens: usage.totalTokens,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    input_tokens_details: {
      text_tokens: usage.inputTextTokens ?? Math.max(0, usage.inputTokens - imageTokens),
      image_tokens: imageTokens,
    },
  };
}

/** @throws DomainError `image_removed`: an answer without a picture looks like success to clients */
export function refuseDeleted(images: readonly Asset[]): void {
  const gone = goneImages(images);
  if (gone) throw gone;
}

/** Why nothing of what was delivered is shown any more; null where something is, or nothing was. */
export function goneImages(images: readonly Asset[]): DomainError | null {
  if (images.some(({ removedAt }) => removedAt !== null)) {
    return new DomainError('image_removed', 'The image was removed by the operator.');
  }
  if (images.length === 0 || images.some(({ deletedAt }) => deletedAt === null)) return null;
  return new DomainError('image_removed', 'The images were deleted.');
}

export function unixSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
