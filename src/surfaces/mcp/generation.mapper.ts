import { toWireCredits } from '../../common/credits.js';
import { type Generation, hasEnded } from '../../relay/index.js';
import type { Asset } from '../../storage/index.js';

/** A picture that is left, and the absolute link to it. */
export interface LinkedImage {
  readonly asset: Asset;
  readonly url: string;
}

/** As `GENERATION_OUTPUT` documents it. */
export function toStructured(generation: Generation, images: readonly LinkedImage[]) {
  const { id, status, request, createdAt, mode, error } = generation;
  return {
    id,
    status,
    model: request.requestedModel,
    created_at: createdAt.toISOString(),
    credits: creditsOf(generation),
    demo: mode === 'demo',
    images: images.map(toImage),
    error: error && { code: error.code, message: error.message },
  };
}

/** The same in words, for clients that show a model nothing else. */
export function describe(generation: Generation, images: readonly LinkedImage[]): string {
  const { id, status, error, mode } = generation;
  const { charged, held } = creditsOf(generation);
  return [
    `Generation ${id}: ${status}.`,
    ...(error ? [error.message] : []),
    hasEnded(status) ? `Charged: ${charged} credits.` : `Held: ${held} credits.`,
    ...(hasEnded(status) ? [] : ['Call get_image with this id; it waits for the picture.']),
    ...(mode === 'demo' ? ['A demonstration, drawn without a real upstream.'] : []),
    ...images.map(({ asset, url }) => `${asset.width}x${asset.height} ${asset.mediaType}: ${url}`),
  ].join('\n');
}

function creditsOf({ status, receipt }: Generation) {
  const isOver = hasEnded(status);
  return {
    charged: toWireCredits(isOver ? receipt.captured : 0n),
    held: toWireCredits(isOver ? 0n : receipt.held),
  };
}

function toImage({ asset, url }: LinkedImage) {
  const { assetId, mediaType, width, height, bytes } = asset;
  return { image_id: assetId, url, media_type: mediaType, width, height, bytes };
}
