import { pipeline } from 'node:stream/promises';
import { Controller, Get, Logger, Param, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DomainError, notFound } from '../../common/domain-error.js';
import type { Asset } from '../asset.js';
import { AssetStore } from '../asset-store.js';
import { AssetsRepository } from '../assets.repository.js';
import type { ByteRange } from '../drivers/blob-driver.js';
import { LinkService } from '../link.service.js';
import { EXTENSION_OF } from '../media-types.js';
import { parseRange } from './byte-range.js';
import { fileHeaders, validatorsOf } from './file-headers.js';
import { FilesErrorFilter } from './files-error.filter.js';
import { ApiFile } from './files.docs.js';
import { allowsRange, isNotModified } from './preconditions.js';

/** 128 random bits and an ending. Anything else never reaches the database. */
const FILE_NAME = /^([A-Za-z0-9_-]{22})\.([a-z]{3,4})$/;

/**
 * Gives stored images to whoever has their link. There is no other check: an
 * `Authorization` header is neither needed nor looked at, and nothing redirects.
 */
@UseFilters(FilesErrorFilter)
@Controller('files')
export class FilesController {
  private readonly logger = new Logger(FilesController.name);

  constructor(
    private readonly assets: AssetsRepository,
    private readonly links: LinkService,
    private readonly store: AssetStore,
  ) {}

  @Get(':name')
  @ApiFile()
  async get(
    @Param('name') name: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const asset = await this.findOrThrow(name);
    const headers = fileHeaders(asset, this.links.expiryOf(asset));
    if (isNotModified(request.headers, validatorsOf(asset))) {
      return void response.status(304).set(headers).end();
    }
    if (request.method === 'HEAD') {
      const length = String(asset.bytes);
      return void response.status(200).set(headers).set('Content-Length', length).end();
    }
    const range = rangeOf(request, asset);
    if (range === 'unsatisfiable') return refuseRange(asset, response);
    const { stream, bytes } = await this.store.open(asset, range ?? undefined);
    response.set({ ...headers, 'Content-Length': String(bytes) });
    if (range) response.status(206).set('Content-Range', contentRange(range, asset));
    // Takes the stream down with the connection, whichever ends first.
    await pipeline(stream, response).catch((error: unknown) => this.note(asset, stream, error));
  }

  /** Unknown, replaced and expired links look alike; what is gone for good says so. */
  private async findOrThrow(name: string): Promise<Asset> {
    const [, token, extension] = FILE_NAME.exec(name) ?? [];
    const asset = token ? await this.assets.byLinkToken(token) : null;
    if (asset?.removedAt) throw new DomainError('image_removed', 'This image has been removed.');
    if (!asset || EXTENSION_OF[asset.mediaType] !== extension) throw notFound('file');
    if (asset.deletedAt) throw new DomainError('image_removed', 'This image was deleted.');
    if (this.links.isExpired(asset)) throw notFound('file');
    return asset;
  }

  /** A client that leaves is everyday life; a file that cannot be read is not. */
  private note(asset: Asset, stream: { readonly errored: Error | null }, error: unknown): void {
    if (stream.errored !== error) return;
    this.logger.error(`Asset ${asset.assetId} broke off while it was read`, String(error));
  }
}

function rangeOf(request: Request, asset: Asset): ByteRange | 'unsatisfiable' | null {
  if (!allowsRange(request.headers, validatorsOf(asset))) return null;
  return parseRange(request.headers.range, asset.bytes);
}

/** Names a range as it is answered; positions count from 0, both ends included. */
function contentRange({ start, end }: ByteRange, { bytes }: Asset): string {
  return `bytes ${start}-${end}/${bytes}`;
}

function refuseRange({ bytes }: Asset, response: Response): void {
  response
    .status(416)
    .set({ 'Content-Range': `bytes */${bytes}`, 'Content-Length': '0' })
    .end();
}
