import { Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Reports } from '../moderation/index.js';
import { AdminApi } from './admin-api.decorator.js';
import { DtoPipe } from './dto.pipe.js';
import { ReportListDto, ReportQueryDto } from './reports.dto.js';

@AdminApi()
export class ReportsController {
  constructor(private readonly reports: Reports) {}

  @Get('reports')
  @ApiOperation({
    operationId: 'listReports',
    summary: 'List what people reported of public images',
    description: 'At most twenty open ones per generation are kept. A takedown closes its own.',
  })
  @ApiOkResponse({ type: ReportListDto })
  async list(
    @Query(new DtoPipe()) { state, limit, before }: ReportQueryDto,
  ): Promise<ReportListDto> {
    const found = await this.reports.list(state === 'open', limit, before ?? null);
    const data = found.map((report) => ({
      ...report,
      reportedAt: report.reportedAt.toISOString(),
      closedAt: report.closedAt?.toISOString() ?? null,
    }));
    return { data, next: found.length === limit ? (found.at(-1)?.id ?? null) : null };
  }

  @Post('reports/:id/close')
  @HttpCode(204)
  @ApiOperation({ operationId: 'closeReport', summary: 'Close a report: there is nothing to do' })
  @ApiNoContentResponse()
  async close(@Param('id') id: string): Promise<void> {
    await this.reports.close(id);
  }
}
