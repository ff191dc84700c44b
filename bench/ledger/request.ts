import type { ResolvedRequest } from '../../src/models/index.js';

/** Thousandths of a credit for an image. */
export const IMAGE_CREDITS = 1_000;

/** An ordinary request as a generation keeps it. */
export const REQUEST: ResolvedRequest = {
  operation: 'generate',
  model: 'm',
  requestedModel: 'm',
  ownedBy: 'bench',
  catalogVersion: 1,
  prompt: 'a lighthouse at dusk, seen from the sea, with the lamp just lit',
  count: 1,
  size: { width: 1024, height: 1024 },
  parameters: { quality: 'medium', outputFormat: 'png' },
  ignored: [],
  price: {
    kind: 'image',
    tier: '1k',
    quality: 'medium',
    tiers: { '1k': String(IMAGE_CREDITS) },
    tierPixels: { '1k': 1_572_864, '2k': 4_194_304 },
    surcharges: [],
  },
  deadlineSeconds: null,
};
