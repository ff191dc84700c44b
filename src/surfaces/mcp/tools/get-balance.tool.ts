import { Injectable } from '@nestjs/common';
import { toWireCredits } from '../../../common/credits.js';
import { CreditsService } from '../../../credits/index.js';
import { StrictFields } from '../../../surface-kit/index.js';
import { BALANCE_OUTPUT, NO_INPUT } from '../schemas.js';
import type { McpTool, ToolCall } from '../tool.js';
import { asJson } from './as-json.js';

@Injectable()
export class GetBalanceTool implements McpTool {
  readonly definition: McpTool['definition'] = {
    name: 'get_balance',
    title: 'Get the balance',
    description: 'The credits that this account can spend, and those set aside for running work.',
    inputSchema: NO_INPUT,
    outputSchema: BALANCE_OUTPUT,
    annotations: { readOnlyHint: true },
  };
  readonly scope = 'account.read';
  readonly makesImages = false;

  constructor(private readonly credits: CreditsService) {}

  async run({ caller, sent }: ToolCall) {
    new StrictFields(sent).refuseProblems();
    const { available, held } = await this.credits.balance(caller.accountId);
    return asJson({ available: toWireCredits(available), held: toWireCredits(held) });
  }
}
