import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiParam, ApiQuery } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { notFound } from '../../common/domain-error.js';
import { SharedGenerations } from '../../relay/index.js';
import { Forms } from '../forms.service.js';
import { ownPath } from '../own-path.js';
import { sendPage } from '../page.js';
import { ApiForm, ApiPage } from '../pages.docs.js';
import { Visitors } from '../visitors.service.js';
import { readQuery, STATUSES } from './task-log.query.js';
import { TaskLog } from './task-log.service.js';
import { taskLogPage } from './task-log.view.js';

/** What the signed-in account's API keys have asked for. */
@Controller('activity/ai-tasks/api-logs')
export class TaskLogController {
  constructor(
    private readonly log: TaskLog,
    private readonly shared: SharedGenerations,
    private readonly forms: Forms,
    private readonly visitors: Visitors,
  ) {}

  @Get()
  @ApiPage({
    operationId: 'getTaskLog',
    summary: 'What the signed-in account’s API keys have asked for',
    description: 'Newest first. Who is not signed in is sent to the sign-in form, and back.',
    others: [303, 400],
  })
  @ApiQuery({ name: 'status', required: false, enum: STATUSES })
  @ApiQuery({ name: 'model', required: false, description: 'Catalog name.' })
  @ApiQuery({ name: 'before', required: false, description: 'Older than this task.' })
  async list(
    @Query() query: Record<string, unknown>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const visitor = await this.visitors.find(request);
    if (!visitor) return goSignIn(response, request.originalUrl);
    const facts = await this.log.page(visitor, readQuery(query));
    sendPage(response, taskLogPage(facts), 'no-store');
  }

  @Post(':id/prompt')
  @ApiForm({
    operationId: 'showPrompt',
    summary: 'Show a prompt on its share page, or hide it',
    fields: ['form_token', 'shown', 'next'],
    others: [404],
  })
  @ApiParam({ name: 'id', format: 'uuid', description: 'A public task of the account.' })
  async showPrompt(
    @Param('id') id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const form = await this.forms.readOwn(request);
    const visitor = await this.visitors.find(request);
    const next = ownPath(form.text('next'));
    if (!visitor) return goSignIn(response, next);
    const isShown = form.text('shown') === '1';
    if (!(await this.shared.showPrompt(visitor.accountId, id, isShown))) throw notFound('task');
    response.redirect(303, next);
  }
}

function goSignIn(response: Response, next: string): void {
  response.redirect(303, `/sign-in?next=${encodeURIComponent(next)}`);
}
