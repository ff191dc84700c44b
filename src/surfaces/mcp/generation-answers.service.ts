import { Injectable } from '@nestjs/common';
import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/sdk/types.js';
import { DomainError } from '../../common/domain-error.js';
import { Env } from '../../config/index.js';
import type { Generation } from '../../relay/index.js';
import { type Asset, AssetStore, LinkService } from '../../storage/index.js';
import { publicOrigin } from '../../surface-kit/index.js';
import { describe, type LinkedImage, toStructured } from './generation.mapper.js';
import type { Exchange } from './tool.js';

/**
 * Pictures that go into one answer, bytes. Their base64 stays below the million
 * characters that desktop clients take of a result; larger ones are links only.
 * The library writes messages whole, so this much of a picture is in memory.
 */
const INLINE_BYTES = 740_000;
/** What models can look at. */
const VISIBLE: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/gif',
]);
/** Clients of earlier revisions refuse content of a kind they do not know. */
const FIRST_WITH_LINKS = '2025-06-18';

/** Answers with the state of a generation: in words, in fields, and its pictures. */
@Injectable()
export class GenerationAnswers {
  constructor(
    private readonly store: AssetStore,
    private readonly links: LinkService,
    private readonly env: Env,
  ) {}

  /** @throws DomainError `image_removed` (by the operator), `storage_unavailable` */
  async answer(generation: Generation, { request }: Exchange): Promise<CallToolResult> {
    refuseRemoved(generation.images);
    const origin = publicOrigin(request, this.env.PUBLIC_URL);
    const left = generation.images.filter(({ deletedAt }) => deletedAt === null);
    const paths = await Promise.all(left.map((asset) => this.links.freshPath(asset)));
    const images = left.map((asset, i) => ({ asset, url: origin + paths[i] }));
    const knowsLinks = String(request.headers['mcp-protocol-version'] ?? '') >= FIRST_WITH_LINKS;
    return {
      content: [
        { type: 'text', text: describe(generation, images) },
        ...(await this.shown(images)),
        ...(knowsLinks ? images.map(toLink) : []),
      ],
      structuredContent: { ...toStructured(generation, images) },
    };
  }

  /** In their order, as long as there is room. */
  private async shown(images: readonly LinkedImage[]): Promise<ContentBlock[]> {
    let room = INLINE_BYTES;
    const shown = images.filter(({ asset: { bytes, mediaType } }) => {
      const fits = bytes <= room && VISIBLE.has(mediaType);
      if (fits) room -= bytes;
      return fits;
    });
    return Promise.all(shown.map(({ asset }) => this.toImage(asset)));
  }

  private async toImage(asset: Asset): Promise<ContentBlock> {
    const { stream } = await this.store.open(asset);
    const bytes = Buffer.concat((await stream.toArray()) as Buffer[]);
    return { type: 'image', data: bytes.toString('base64'), mimeType: asset.mediaType };
  }
}

function toLink({ asset, url }: LinkedImage, index: number): ContentBlock {
  const { mediaType, bytes } = asset;
  return {
    type: 'resource_link',
    uri: url,
    name: `image ${index + 1}`,
    mimeType: mediaType,
    size: bytes,
  };
}

function refuseRemoved(images: readonly Asset[]): void {
  if (images.every(({ removedAt }) => removedAt === null)) return;
  throw new DomainError('image_removed', 'The image was removed by the operator.');
}
