import { HttpCode, Param, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Takedowns } from '../moderation/index.js';
import { AdminApi } from './admin-api.decorator.js';
import { AdminBody } from './admin-body.decorator.js';
import { TakeDownDto, TakedownDto } from './takedowns.dto.js';

@AdminApi()
export class TakedownsController {
  constructor(private readonly takedowns: Takedowns) {}

  @Post('generations/:id/takedown')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'takeDownGeneration',
    summary: 'Take the images of a generation down',
    description:
      'Its share page and every address of its bytes, in whatever account, answer 410 from now on; ' +
      'the same bytes are neither stored nor delivered again. The objects go after 30 days. ' +
      'Charges stay. Recorded in the audit log. Safe to repeat.',
  })
  @ApiBody({ type: TakeDownDto })
  @ApiOkResponse({ type: TakedownDto })
  async takeDown(
    @Param('id') id: string,
    @AdminBody() { reason }: TakeDownDto,
  ): Promise<TakedownDto> {
    const { generationId, sha256, images, at } = await this.takedowns.takeDown(id, reason);
    return { generationId, sha256: [...sha256], images, takenDownAt: at.toISOString() };
  }
}
