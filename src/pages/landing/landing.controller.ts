import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Env } from '../../config/index.js';
import { CatalogService } from '../../models/index.js';
import { DrainService } from '../../observability/drain.service.js';
import { publicOrigin } from '../../surface-kit/index.js';
import { ApiPage } from '../pages.docs.js';
import { sendPage } from '../page.js';
import { landingPage } from './landing.view.js';

/** The page that the bare address shows. It asks nothing of the database. */
@Controller()
export class LandingController {
  constructor(
    private readonly catalog: CatalogService,
    private readonly drain: DrainService,
    private readonly env: Env,
  ) {}

  @Get()
  @ApiPage({ operationId: 'getLanding', summary: 'What this server is, its models and prices' })
  get(@Req() request: Request, @Res() response: Response): void {
    const origin = publicOrigin(request, this.env.PUBLIC_URL);
    const models = this.catalog.current().catalog.available;
    sendPage(
      response,
      landingPage({ origin, models, isDraining: this.drain.draining }),
      'no-cache',
    );
  }
}
