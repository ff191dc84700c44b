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
    response.set(fileHeaders(asset, this.links.expiryOf(asset)));
    if (isNotModified(request.headers, validatorsOf(asset))) return void response.status(304).end();
    if (request.method === 'HEAD') {
      return void response.status(200).set('Content-Length', String(asset.bytes)).end();
    }
    await this.answer(asset, rangeOf(request, asset), response);
  }

  /** Unknown, replaced and expired links look alike. */
  private async findOrThrow(name: string): Promise<Asset> {
    const [, token, extension] = FILE_NAME.exec(name) ?? [];
    const asset = token ? await this.assets.byLinkToken(token) : null;
    if (asset?.removedAt) throw new DomainError('image_removed', 'This image has been removed.');
    if (!asset || asset.deletedAt || EXTENSION_OF[asset.mediaType] !== extension) {
      throw notFound('file');
    }
    if (this.links.isExpired(asset)) throw notFound('file');
    return asset;
  }

  private async answer(
    asset: Asset,
    range: ByteRange | 'unsatisfiable' | null,
    response: Response,
  ): Promise<void> {
    if (range === 'unsatisfiable') {
      response.status(416).set('Content-Range', `bytes */${asset.bytes}`).removeHeader('ETag');
      return void response.set('Content-Length', '0').end();
    }
    const { stream, bytes } = await this.store.open(asset, range ?? undefined);
    if (range) {
      const { start, end } = range;
      response.status(206).set('Content-Range', `bytes ${start}-${end}/${asset.bytes}`);
    }
    response.set('Content-Length', String(bytes));
    // Takes the stream down with the connection, whichever ends first.
    await pipeline(stream, response).catch((error: unknown) => this.note(asset, stream, error));
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
