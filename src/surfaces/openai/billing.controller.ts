import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { type Caller, CurrentCaller, RequireScope } from '../../api-keys/index.js';
import { AccountView } from './account-view.service.js';
import { BillingUsageDto, SubscriptionDto } from './billing.dto.js';
import { OpenAiController } from './openai-controller.decorator.js';
import { ApiFailures, OK_HEADERS } from './openai.docs.js';

/** What older clients read to show a balance: the limit less the usage is what is left. */
@OpenAiController('dashboard/billing')
export class OpenAiBillingController {
  constructor(private readonly account: AccountView) {}

  @Get('subscription')
  @RequireScope('account.read')
  @ApiOperation({
    operationId: 'getSubscription',
    summary: 'Get the account’s limit as older clients read it',
    description: 'Credits stand where these clients expect dollars.',
  })
  @ApiOkResponse({ type: SubscriptionDto, headers: OK_HEADERS, description: 'The limit.' })
  @ApiFailures()
  subscription(@CurrentCaller() caller: Caller): Promise<SubscriptionDto> {
    return this.account.subscription(caller);
  }

  @Get('usage')
  @RequireScope('account.read')
  @ApiOperation({
    operationId: 'getBillingUsage',
    summary: 'Get the account’s usage as older clients read it',
    description: 'Of all time: start_date and end_date are ignored, so that it fits the limit.',
  })
  @ApiOkResponse({ type: BillingUsageDto, headers: OK_HEADERS, description: 'The usage.' })
  @ApiFailures()
  usage(@CurrentCaller() caller: Caller): Promise<BillingUsageDto> {
    return this.account.billingUsage(caller);
  }
}
