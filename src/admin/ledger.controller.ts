import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { LedgerCheck } from '../credits/index.js';
import { setLedgerViolations } from '../observability/metrics.js';
import { AdminApi } from './admin-api.decorator.js';
import { LedgerReportDto } from './ledger.dto.js';

@AdminApi()
export class LedgerController {
  constructor(private readonly ledger: LedgerCheck) {}

  @Get('ledger/check')
  @ApiOperation({
    operationId: 'checkLedger',
    summary: 'Verify the ledger',
    description: 'In one snapshot, while work goes on. Violations are reported, never mended.',
  })
  @ApiOkResponse({ type: LedgerReportDto })
  async check(): Promise<LedgerReportDto> {
    const { ok, checkedAt, violations } = await this.ledger.run();
    setLedgerViolations(violations.reduce((sum, { count }) => sum + count, 0));
    return { ok, checkedAt: checkedAt.toISOString(), violations };
  }
}
