import { DomainError } from '../../common/domain-error.js';
import { toWireCredits } from '../../common/credits.js';
import type { RequestInput } from '../../models/index.js';
import type { Generation, Receipt } from '../../relay/index.js';
import {
  type ErrorFactsDto,
  openAiErrorType,
  toFailure,
  type ToImage,
  toUsage,
  unixSeconds,
  visible,
} from '../../surface-kit/index.js';
import type { GenerationDto, GenerationInputDto, ReceiptDto } from './generation.dto.js';
import { toPriceLine } from './quote.mapper.js';

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
