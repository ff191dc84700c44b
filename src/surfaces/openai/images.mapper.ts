import { DomainError } from '../../common/domain-error.js';
import { toWireCredits } from '../../common/credits.js';
import type { RequestInput } from '../../models/index.js';
import type { Generation, Receipt } from '../../relay/index.js';
import type { Asset, ImageMediaType } from '../../storage/index.js';
import { openAiErrorType, toFailure } from '../../surface-kit/index.js';
import type { ErrorFactsDto } from './error.dto.js';
import type { GenerationDto, GenerationInputDto, ReceiptDto } from './generation.dto.js';
import type { ImageDto, ImagesResponseDto, UsageDto } from './images.dto.js';
import { toPriceLine } from './quote.mapper.js';

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

/** Answer of `GET /v1/images/{id}`. */
export function toGeneration(generation: Generation, toImage: ToImage): GenerationDto {
  return {
    id: generation.id,
    object: 'image.generation',
    status: generation.status,
    created: unixSeconds(generation.createdAt),
    model: generation.request.requestedModel,
    data: visible(generation.images).map((asset) => ({
      ...toImage(asset),
      file_id: asset.assetId,
    })),
    ...(generation.request.inputs && { inputs: generation.request.inputs.map(toInput) }),
    usage: generation.usage && toUsage(generation.usage),
    error: toErrorFacts(generation.error),
    ...(isAskedToStop(generation) ? { cancel_requested: true as const } : {}),
    receipt: toReceipt(generation.receipt),
  };
}

function toInput({ assetId, role, width, height }: RequestInput): GenerationInputDto {
  return { file_id: assetId, role, size: `${width}x${height}` };
}

/**
 * Images that still have bytes.
 *
 * @throws DomainError `image_removed` when the operator took one down: then the
 * whole answer is gone, so that nobody takes a part for the whole.
 */
export function visible(images: readonly Asset[]): Asset[] {
  if (images.some(({ removedAt }) => removedAt !== null)) {
    throw new DomainError('image_removed', 'The image was removed by the operator.');
  }
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

function isAskedToStop({ cancelRequested, finishedAt }: Generation): boolean {
  return cancelRequested && finishedAt === null;
}

function toErrorFacts(error: Generation['error']): ErrorFactsDto | null {
  if (error === null) return null;
  const { code, message, param, status } = toFailure(new DomainError(error.code, error.message));
  return { message, type: openAiErrorType(code, status), param, code };
}

function toReceipt(receipt: Receipt): ReceiptDto {
  return {
    captured: toWireCredits(receipt.captured),
    held: toWireCredits(receipt.held),
    released: toWireCredits(receipt.released),
    refunded: toWireCredits(receipt.refunded),
    catalog_version: receipt.catalogVersion,
    price_factor: receipt.priceFactor,
    tier: receipt.tierAsked,
    quality: receipt.quality,
    unit_credits: toWireCredits(receipt.unit),
    images: receipt.images.map(({ tier, width, height, credits }) => ({
      tier,
      size: `${width}x${height}`,
      credits: toWireCredits(credits),
    })),
    usage_source: receipt.usageSource,
    lines: receipt.lines.map(toPriceLine),
  };
}

export function unixSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
