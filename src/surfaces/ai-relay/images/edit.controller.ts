import { HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { IpBlockGuard } from '../../../admission/index.js';
import { type Caller, CurrentCaller, RequireScope } from '../../../api-keys/index.js';
import { EnvelopeController } from '../envelope/envelope-controller.decorator.js';
import { ApiMake, ApiStart, EDIT_BODY } from './image.docs.js';
import { ImageEditing } from './image-editing.service.js';

const ROUTE = '/api/ai/image/edit';

@EnvelopeController('image')
export class AiRelayEditController {
  constructor(private readonly editing: ImageEditing) {}

  @Post('edit')
  @HttpCode(200)
  @RequireScope('images.create')
  @UseGuards(IpBlockGuard)
  @ApiOperation({
    operationId: 'editImage',
    summary: 'Edit images',
    description:
      'Waits until the images are made, stored and charged. Their links are ours and stay.',
  })
  @ApiMake(EDIT_BODY)
  async edit(
    @CurrentCaller() caller: Caller,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.editing.edit(caller, { route: ROUTE, isAsync: false }, { request, response });
  }

  @Post('edit/async')
  @HttpCode(200)
  @RequireScope('images.create')
  @UseGuards(IpBlockGuard)
  @ApiOperation({
    operationId: 'startEdit',
    summary: 'Start editing images',
    description: 'Answers with the id of a task at once.',
  })
  @ApiStart(EDIT_BODY)
  async start(
    @CurrentCaller() caller: Caller,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const how = { route: `${ROUTE}/async`, isAsync: true };
    await this.editing.edit(caller, how, { request, response });
  }
}
