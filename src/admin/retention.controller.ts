import { Get, Put } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { RetentionSettings } from '../relay/index.js';
import { AdminApi } from './admin-api.decorator.js';
import { AdminBody } from './admin-body.decorator.js';
import { RetentionDto } from './retention.dto.js';

/** How long what customers wrote is kept; all other times are fixed (docs/retention.md). */
@AdminApi()
export class RetentionController {
  constructor(private readonly retention: RetentionSettings) {}

  @Get('retention')
  @ApiOperation({ operationId: 'getRetention', summary: 'Get how long prompts are kept' })
  @ApiOkResponse({ type: RetentionDto })
  async get(): Promise<RetentionDto> {
    return { inputsDays: await this.retention.inputsDays() };
  }

  @Put('retention')
  @ApiOperation({
    operationId: 'setRetention',
    summary: 'Set how long prompts are kept',
    description:
      'In force within minutes, also for requests of the past. What was removed does not come ' +
      'back. Generations, receipts and pictures stay.',
  })
  @ApiBody({ type: RetentionDto })
  @ApiOkResponse({ type: RetentionDto })
  async set(@AdminBody() { inputsDays }: RetentionDto): Promise<RetentionDto> {
    await this.retention.setInputsDays(inputsDays);
    return { inputsDays };
  }
}
