import { Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AuditLog } from '../audit/index.js';
import { AdminApi } from './admin-api.decorator.js';
import { AuditLogDto, AuditLogQueryDto } from './audit-log.dto.js';
import { DtoPipe } from './dto.pipe.js';

@AdminApi()
export class AuditLogController {
  constructor(private readonly audit: AuditLog) {}

  @Get('audit-log')
  @ApiOperation({
    operationId: 'getAuditLog',
    summary: 'Read what was done to the things of others',
    description: 'Takedowns and passwords set by the operator. Records are never changed.',
  })
  @ApiOkResponse({ type: AuditLogDto })
  async list(@Query(new DtoPipe()) { limit, before }: AuditLogQueryDto): Promise<AuditLogDto> {
    const records = await this.audit.list(limit, before ?? null);
    const next = records.length === limit ? (records.at(-1)?.id ?? null) : null;
    const data = records.map(({ id, at, actor, action, subject, details }) => {
      return { id, at: at.toISOString(), actor, action, subject, details };
    });
    return { data, next };
  }
}
