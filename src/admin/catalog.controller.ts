import { Get, Put, Query } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DomainError } from '../common/domain-error.js';
import type { JsonObject } from '../common/strict-json.js';
import { CatalogService } from '../models/index.js';
import { AdminApi } from './admin-api.decorator.js';
import { AdminDocument } from './admin-body.decorator.js';
import {
  CatalogDto,
  CatalogVersionListDto,
  PublishCatalogDto,
  VersionsQueryDto,
} from './catalog.dto.js';
import { DtoPipe } from './dto.pipe.js';

/** 500 models, the most a catalog has, written out in full. */
const CATALOG_LIMITS = { maxBytes: 4_194_304, maxMembers: 200_000 };
const SOURCE = 'admin';

@AdminApi()
export class CatalogController {
  constructor(private readonly catalog: CatalogService) {}

  @Get('catalog')
  @ApiOperation({ operationId: 'getCatalog', summary: 'Get the catalog in force' })
  @ApiOkResponse({ type: CatalogDto })
  get(): CatalogDto {
    const { version, document } = this.catalog.current();
    return { ...document, version };
  }

  /** What `get` answers can be edited and sent back as it is; `version` then guards another's edit. */
  @Put('catalog')
  @ApiOperation({
    operationId: 'publishCatalog',
    summary: 'Publish a catalog',
    description:
      'In force on every node within a second. A bad document is refused, with every problem ' +
      'named in `problems` by its JSON pointer, and changes nothing.',
  })
  @ApiBody({ type: PublishCatalogDto })
  @ApiOkResponse({ type: CatalogDto })
  async publish(@AdminDocument(CATALOG_LIMITS) body: JsonObject): Promise<CatalogDto> {
    const { version, ...document } = body;
    if (version !== undefined) this.refuseOlder(version);
    await this.catalog.publish(document, SOURCE);
    return this.get();
  }

  @Get('catalog/versions')
  @ApiOperation({
    operationId: 'listCatalogVersions',
    summary: 'List published versions, newest first',
  })
  @ApiOkResponse({ type: CatalogVersionListDto })
  async versions(@Query(new DtoPipe()) query: VersionsQueryDto): Promise<CatalogVersionListDto> {
    const versions = await this.catalog.versions(query.limit);
    const data = versions.map(({ version, source, createdAt, supersededAt }) => ({
      version,
      source,
      createdAt: createdAt.toISOString(),
      supersededAt: supersededAt?.toISOString() ?? null,
    }));
    return { data };
  }

  private refuseOlder(version: unknown): void {
    const { version: current } = this.catalog.current();
    if (version === current) return;
    throw new DomainError('conflict', `The catalog in force is version ${current}.`, {
      param: 'version',
    });
  }
}
