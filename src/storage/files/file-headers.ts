import type { Asset } from '../asset.js';
import { EXTENSION_OF } from '../media-types.js';
import type { Validators } from './preconditions.js';

const YEAR_SECONDS = 31_536_000;

/** Caches between us and the public may not outlive an operator's takedown by much. */
const PUBLIC_CACHE_SECONDS = 3600;

/** An object never changes, so its hash is a strong tag and its row's birth its date. */
export function validatorsOf({ sha256, createdAt }: Asset): Validators {
  return { etag: `"${sha256}"`, lastModified: createdAt };
}

/**
 * Headers of every answer with an image. They make a file inert: whatever hides in
 * it is never a page of this origin, and neither prompt nor link leaks by referrer.
 *
 * @param expiry when the link ends; no cache keeps the file beyond it
 */
export function fileHeaders(
  asset: Asset,
  expiry: Date | null,
  now = new Date(),
): Record<string, string> {
  const { etag, lastModified } = validatorsOf(asset);
  return {
    'Content-Type': asset.mediaType,
    'Content-Disposition': disposition(asset),
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': cacheControl(asset, expiry, now),
    'Accept-Ranges': 'bytes',
    'Last-Modified': lastModified.toUTCString(),
    ETag: etag,
  };
}

/** An SVG is a document that could run: it is saved, never shown in place. */
function disposition({ assetId, mediaType }: Asset): string {
  const kind = mediaType === 'image/svg+xml' ? 'attachment' : 'inline';
  return `${kind}; filename="${assetId}.${EXTENSION_OF[mediaType]}"`;
}

function cacheControl({ visibility }: Asset, expiry: Date | null, now: Date): string {
  if (visibility === 'public') return `public, max-age=${PUBLIC_CACHE_SECONDS}`;
  if (!expiry) return `private, max-age=${YEAR_SECONDS}, immutable`;
  const left = Math.floor((expiry.getTime() - now.getTime()) / 1000);
  return `private, max-age=${Math.min(YEAR_SECONDS, Math.max(0, left))}, immutable`;
}
