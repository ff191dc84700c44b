import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Env } from '../../config/index.js';
import { CatalogService } from '../../models/index.js';
import { LinkService } from '../../storage/index.js';
import { publicOrigin } from '../../surface-kit/index.js';
import { ApiPage } from '../pages.docs.js';
import { sendPage } from '../page.js';
import { sharePage } from './share.view.js';
import { SharedPages } from './shared-pages.service.js';

/** The page of a public generation, for whoever has its address. */
@Controller('images')
export class ShareController {
  constructor(
    private readonly pages: SharedPages,
    private readonly catalog: CatalogService,
    private readonly links: LinkService,
    private readonly env: Env,
  ) {}

  @Get(':id')
  @ApiPage({
    operationId: 'getSharePage',
    summary: 'Look at a public generation',
    description:
      'Private, unfinished, failed and unknown generations are one and the same 404. The prompt ' +
      'is shown only if its owner wants it. The page needs no script and loads nothing from elsewhere.',
    others: [404, 410],
  })
  @ApiParam({ name: 'id', format: 'uuid', description: 'The generation.' })
  async get(
    @Param('id') id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const shared = await this.pages.getOrThrow(id);
    const model = this.catalog.current().catalog.find(shared.model)?.title.en ?? shared.model;
    const origin = publicOrigin(request, this.env.PUBLIC_URL);
    const paths = shared.images.map((image) => this.links.pathFor(image));
    sendPage(response, sharePage({ shared, model, origin, paths }), 'no-cache');
  }
}
