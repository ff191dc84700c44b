/** Media types the platform stores and serves; SVG and GIF only for models whose catalog entry allows them. */
export type ImageMediaType =
  'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif' | 'image/svg+xml';

/** What storing one image established from its bytes. */
export interface StoredObject {
  readonly assetId: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly mediaType: ImageMediaType;
  readonly width: number;
  readonly height: number;
}

/** A row of `assets`: an image somebody can fetch. */
export interface Asset extends StoredObject {
  readonly accountId: string;
  readonly generationId: string | null;
  readonly ordinal: number;
  readonly kind: 'output' | 'input';
  readonly visibility: 'private' | 'public';
  /** Thousandths charged for this image. */
  readonly credits: bigint;
  /** 22 base64url characters; the private link's capability. */
  readonly linkToken: string;
  readonly linkIssuedAt: Date;
  /** The image's own link at its upstream, where the operator lets it be shown. */
  readonly sourceUrl: string | null;
  readonly createdAt: Date;
  readonly deletedAt: Date | null;
  /** An operator's takedown: 410 everywhere. */
  readonly removedAt: Date | null;
}

/** Limits the image gate holds an upstream or an upload to. */
export interface GateLimits {
  readonly maxBytes: number;
  readonly maxPixels: number;
  readonly mediaTypes: readonly ImageMediaType[];
  /** Decode every pixel (uploads, untrusted upstreams) or trust header and container. */
  readonly decodePixels: boolean;
}
