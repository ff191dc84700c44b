import { toWireCredits } from '../common/credits.js';
import type { AttemptView, Generation, Receipt } from '../relay/index.js';
import type { Asset } from '../storage/index.js';
import type {
  AttemptDto,
  GenerationDetailDto,
  AdminGenerationDto,
  GenerationErrorDto,
  AdminImageDto,
  AdminReceiptDto,
} from './generations.dto.js';

export function toGenerationDto(generation: Generation): AdminGenerationDto {
  const { id, accountId, apiKeyId, status, mode, surface, request, receipt } = generation;
  const { size } = request;
  return {
    id,
    accountId,
    apiKeyId,
    status,
    mode,
    surface,
    model: request.model,
    operation: request.operation,
    count: request.count,
    delivered: generation.images.length,
    size: size === 'auto' ? size : `${size.width}x${size.height}`,
    credits: {
      held: toWireCredits(receipt.held),
      captured: toWireCredits(receipt.captured),
      released: toWireCredits(receipt.released),
      refunded: toWireCredits(receipt.refunded),
    },
    error: toErrorDto(generation),
    createdAt: generation.createdAt.toISOString(),
    finishedAt: generation.finishedAt?.toISOString() ?? null,
  };
}

export function toGenerationDetailDto(
  generation: Generation,
  attempts: readonly AttemptView[],
): GenerationDetailDto {
  return {
    ...toGenerationDto(generation),
    attempts: attempts.map(toAttemptDto),
    receipt: toReceiptDto(generation.receipt),
    images: generation.images.map(toImageDto),
  };
}

function toErrorDto({ error }: Generation): GenerationErrorDto | null {
  if (error === null) return null;
  const { code, message, retryable } = error;
  return { code, message, retryable };
}

function toAttemptDto(attempt: AttemptView): AttemptDto {
  const { ordinal, upstream, state, failure, httpStatus, detail, images } = attempt;
  const finishedAt = attempt.finishedAt?.toISOString() ?? null;
  const sentAt = attempt.sentAt.toISOString();
  return { ordinal, upstream, state, failure, httpStatus, detail, images, sentAt, finishedAt };
}

function toReceiptDto({
  catalogVersion,
  priceFactor,
  tierAsked,
  quality,
  lines,
}: Receipt): AdminReceiptDto {
  return {
    catalogVersion,
    priceFactor,
    tierAsked,
    quality,
    lines: lines.map(({ label, quantity, unit, amount }) => ({
      label,
      quantity,
      unit: toWireCredits(unit),
      amount: toWireCredits(amount),
    })),
  };
}

/** The link's token is a capability of its owner and stays out. */
function toImageDto(asset: Asset): AdminImageDto {
  const { assetId, ordinal, mediaType, width, height, bytes, sha256, credits } = asset;
  return {
    id: assetId,
    ordinal,
    mediaType,
    width,
    height,
    bytes,
    sha256,
    credits: toWireCredits(credits),
  };
}
