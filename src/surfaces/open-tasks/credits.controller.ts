import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { type Caller, CurrentCaller, RequireScope } from '../../api-keys/index.js';
import { OpenTasks } from './open-tasks-controller.decorator.js';
import { ApiTaskFailures, OK_HEADERS } from './open-tasks.docs.js';
import { TaskCredits } from './task-credits.service.js';
import { CreditsAnswerDto } from './task.dto.js';

@OpenTasks('Credits')
export class OpenTasksCreditsController {
  constructor(private readonly credits: TaskCredits) {}

  @Get('credits')
  @RequireScope('account.read')
  @ApiOperation({ operationId: 'getCredits', summary: 'Get remaining credits' })
  @ApiOkResponse({ type: CreditsAnswerDto, headers: OK_HEADERS, description: 'The balance.' })
  @ApiTaskFailures()
  async get(@CurrentCaller() { accountId }: Caller): Promise<CreditsAnswerDto> {
    const remaining = await this.credits.remaining(accountId);
    return { code: 0, message: 'ok', data: { remaining_credits: remaining } };
  }
}
