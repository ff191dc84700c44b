import { Get, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { type Caller, CurrentCaller, RequireScope } from '../../api-keys/index.js';
import { AccountService } from './account.service.js';
import type { AccountResponse, ListUsageResponse } from './answers.js';
import type { PageQuery } from './page-query.js';
import { RestController } from './rest-controller.decorator.js';
import { ApiAnswer, ApiPage, ApiRestFailures } from './rest-images.docs.js';
import { ACCOUNT_RESPONSE, LIST_USAGE_RESPONSE } from './schemas.js';

@RestController('', 'Account')
export class RestAccountController {
  constructor(private readonly accounts: AccountService) {}

  @Get('account')
  @RequireScope('account.read')
  @ApiOperation({ operationId: 'getAccount', summary: 'Get the account and its balance' })
  @ApiAnswer('The account.', ACCOUNT_RESPONSE)
  @ApiRestFailures(401, 404, 429, 500)
  account(@CurrentCaller() caller: Caller): Promise<AccountResponse> {
    return this.accounts.account(caller);
  }

  @Get('usage')
  @RequireScope('account.read')
  @ApiOperation({
    operationId: 'listUsage',
    summary: 'List credit transactions',
    description:
      'Those of the whole account, newest first. A refund names the same reference as its deduction.',
  })
  @ApiPage()
  @ApiAnswer('One page.', LIST_USAGE_RESPONSE)
  @ApiRestFailures(400, 401, 429, 500)
  usage(@CurrentCaller() caller: Caller, @Query() query: PageQuery): Promise<ListUsageResponse> {
    return this.accounts.usage(caller, query);
  }
}
