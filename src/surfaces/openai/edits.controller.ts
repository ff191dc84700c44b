import { HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { IpBlockGuard } from '../../admission/index.js';
import { type Caller, CurrentCaller, RequireScope } from '../../api-keys/index.js';
import { DomainError } from '../../common/domain-error.js';
import { EditImageService } from './edit-image.service.js';
import { ApiEdit } from './edits.docs.js';
import { ApiImages } from './image-events.docs.js';
import { ApiOnce } from './once.docs.js';
import { OpenAiController } from './openai-controller.decorator.js';
import { ApiFailures, MAKING_FAILURES } from './openai.docs.js';

@OpenAiController('images')
export class OpenAiEditsController {
  constructor(private readonly editing: EditImageService) {}

  @Post('edits')
  @HttpCode(200)
  @RequireScope('images.create')
  @UseGuards(IpBlockGuard)
  @ApiEdit()
  @ApiOnce()
  @ApiImages()
  @ApiFailures(...MAKING_FAILURES)
  async edit(
    @CurrentCaller() caller: Caller,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.editing.edit(caller, { request, response });
  }

  @Post('variations')
  @RequireScope('images.create')
  @ApiOperation({
    operationId: 'createImageVariation',
    summary: 'Not offered any more',
    description: 'Always refused, unread: send the image to POST /v1/images/edits with a prompt.',
    deprecated: true,
  })
  @ApiFailures('invalid_value')
  variation(): never {
    throw new DomainError(
      'invalid_value',
      'Variations are not offered any more. Send the image to POST /v1/images/edits with a ' +
        'prompt that says what may change.',
    );
  }
}
