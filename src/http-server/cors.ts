import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';

/** What a browser client may read beside the body. */
const EXPOSED = [
  'Accept-Ranges',
  'Allow',
  'Content-Disposition',
  'Content-Range',
  'ETag',
  'Idempotent-Replayed',
  'Location',
  'openai-processing-ms',
  'openai-version',
  'Preference-Applied',
  'Retry-After',
  'retry-after-ms',
  'x-easel-demo',
  'x-generation-id',
  'x-ignored-parameters',
  'x-images-delivered',
  'x-ratelimit-limit-credits',
  'x-ratelimit-limit-images',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-credits',
  'x-ratelimit-remaining-images',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-credits',
  'x-ratelimit-reset-images',
  'x-ratelimit-reset-requests',
  'x-request-id',
  'x-should-retry',
];

/** Two hours: the longest that Chromium keeps a preflight. */
const PREFLIGHT_SECONDS = 7200;

/**
 * Cross-origin rules. Keys travel in headers that a page must set itself, so
 * any origin may ask; cookies never count across origins.
 *
 * @param origins comma-separated, or `*`
 */
export function corsOptions(origins: string): CorsOptions {
  const list = origins.split(',').map((origin) => origin.trim().replace(/\/$/, ''));
  return {
    origin: list.includes('*') ? '*' : list.filter((origin) => origin !== ''),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    credentials: false,
    exposedHeaders: EXPOSED,
    maxAge: PREFLIGHT_SECONDS,
  };
}
