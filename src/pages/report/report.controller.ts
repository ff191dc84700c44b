import { Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { invalidValue } from '../../common/domain-error.js';
import { networkOf } from '../../common/network-of.js';
import { codePointLength } from '../../common/text.js';
import { MAX_NOTE, REPORT_REASONS, Reports } from '../../moderation/index.js';
import { Throttle, type ThrottleRule } from '../../sessions/index.js';
import { Forms } from '../forms.service.js';
import { sendPage } from '../page.js';
import { ApiForm, ApiPage } from '../pages.docs.js';
import { SharedPages } from '../share/shared-pages.service.js';
import { reportPage, thanksPage } from './report.view.js';

const PER_ADDRESS: ThrottleRule = { tries: 10, seconds: 3600 };

/** Anybody may say to the operator what is wrong with a public image. */
@Controller('images')
export class ReportController {
  constructor(
    private readonly pages: SharedPages,
    private readonly reports: Reports,
    private readonly throttle: Throttle,
    private readonly forms: Forms,
  ) {}

  @Get(':id/report')
  @ApiPage({
    operationId: 'getReportForm',
    summary: 'The form to report a public generation',
    others: [404, 410],
  })
  @ApiParam({ name: 'id', format: 'uuid', description: 'The generation.' })
  async form(@Param('id') id: string, @Res() response: Response): Promise<void> {
    const shared = await this.pages.getOrThrow(id);
    sendPage(response, reportPage(shared.id), 'no-cache');
  }

  @Post(':id/report')
  @HttpCode(200)
  @ApiForm({
    operationId: 'reportImage',
    summary: 'Report a public generation to the operator',
    description: 'Ten an hour per address.',
    fields: ['reason', 'note'],
    others: [404, 410],
  })
  @ApiParam({ name: 'id', format: 'uuid', description: 'The generation.' })
  async report(
    @Param('id') id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const form = await this.forms.read(request);
    const [reason, note] = [form.text('reason'), form.text('note').trim()];
    if (!REPORT_REASONS.includes(reason)) throw invalidValue('reason', 'Choose what is wrong.');
    if (codePointLength(note) > MAX_NOTE) {
      throw invalidValue('note', `Say it in at most ${MAX_NOTE} characters.`);
    }
    const shared = await this.pages.getOrThrow(id);
    await this.throttle.take(`report from ${networkOf(request.ip)}`, PER_ADDRESS);
    await this.reports.add(shared.id, reason, note);
    sendPage(response, thanksPage(shared.id), 'no-store');
  }
}
