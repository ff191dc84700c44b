import { Param, Post } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import { toWireCredits } from '../common/credits.js';
import { notFound } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import { CreditsService } from '../credits/index.js';
import { UnitOfWork } from '../database/index.js';
import { AdminBalanceDto } from './accounts.dto.js';
import { AdminApi } from './admin-api.decorator.js';
import { AdminBody } from './admin-body.decorator.js';
import { AdjustmentResultDto, CorrectionDto, GrantDto, RefundResultDto } from './credits.dto.js';
import { toBalanceDto } from './mapper.js';

@AdminApi()
export class CreditsController {
  constructor(
    private readonly credits: CreditsService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Post('accounts/:id/grants')
  @ApiOperation({
    operationId: 'grantCredits',
    summary: 'Give credits to an account',
    description: 'A reference counts once: sent again it changes nothing, with another amount 409.',
  })
  @ApiBody({ type: GrantDto })
  @ApiCreatedResponse({ type: AdminBalanceDto })
  async grant(@Param('id') id: string, @AdminBody() body: GrantDto): Promise<AdminBalanceDto> {
    const accountId = idOf('account', id);
    const { amount, kind = 'gift', reason = null, reference = null } = body;
    const request = { accountId, amount, kind, reason, reference };
    return toBalanceDto(await this.unitOfWork.run((tx) => this.credits.grant(tx, request)));
  }

  @Post('accounts/:id/adjustments')
  @ApiOperation({
    operationId: 'adjustCredits',
    summary: 'Take credits back',
    description: 'At most what is available; the balance never goes below zero.',
  })
  @ApiBody({ type: CorrectionDto })
  @ApiCreatedResponse({ type: AdjustmentResultDto })
  async adjust(
    @Param('id') id: string,
    @AdminBody() body: CorrectionDto,
  ): Promise<AdjustmentResultDto> {
    const accountId = idOf('account', id);
    const after = await this.unitOfWork.run((tx) => this.credits.adjust(tx, accountId, body));
    const applied = toWireCredits(after.applied);
    return { ...toBalanceDto(after), applied, shortfall: toWireCredits(after.shortfall) };
  }

  @Post('generations/:id/refunds')
  @ApiOperation({
    operationId: 'refundGeneration',
    summary: 'Give back what a generation was charged',
    description: 'In one or more parts, at most what was captured.',
  })
  @ApiBody({ type: CorrectionDto })
  @ApiCreatedResponse({ type: RefundResultDto })
  async refund(
    @Param('id') id: string,
    @AdminBody() body: CorrectionDto,
  ): Promise<RefundResultDto> {
    const generationId = idOf('generation', id);
    const after = await this.unitOfWork.run((tx) => this.credits.refund(tx, generationId, body));
    return { ...toBalanceDto(after), refunded: toWireCredits(after.refunded) };
  }
}

/** What is no id names nothing, and must not reach SQL. */
function idOf(what: string, id: string): string {
  if (!isId(id)) throw notFound(what);
  return id;
}
