import { Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery } from '@nestjs/swagger';
import { type Caller, CurrentCaller, RequireScope } from '../../api-keys/index.js';
import { BalanceDto, UsagePageDto } from './account.dto.js';
import { AccountView } from './account-view.service.js';
import { OpenAiController } from './openai-controller.decorator.js';
import { ApiFailures, OK_HEADERS } from './openai.docs.js';

@OpenAiController('account')
export class OpenAiAccountController {
  constructor(private readonly account: AccountView) {}

  @Get('balance')
  @RequireScope('account.read')
  @ApiOperation({
    operationId: 'getBalance',
    summary: 'Get the account’s credits and this key’s limits',
  })
  @ApiOkResponse({ type: BalanceDto, headers: OK_HEADERS, description: 'Credits and limits.' })
  @ApiFailures()
  balance(@CurrentCaller() caller: Caller): Promise<BalanceDto> {
    return this.account.balance(caller);
  }

  @Get('usage')
  @RequireScope('account.read')
  @ApiOperation({
    operationId: 'getUsage',
    summary: 'List this key’s requests of the last 30 days',
    description: 'Newest first, 50 a page. Follow next_before until it is null.',
  })
  @ApiQuery({
    name: 'before',
    required: false,
    description: 'next_before of the page before, or any date-time.',
    example: '2027-01-01T00:00:00Z',
  })
  @ApiOkResponse({ type: UsagePageDto, headers: OK_HEADERS, description: 'One page.' })
  @ApiFailures('invalid_value')
  usage(@CurrentCaller() caller: Caller, @Query('before') before: unknown): Promise<UsagePageDto> {
    return this.account.usage(caller, before);
  }
}
