import { Get, HttpCode, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiParam } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { IpBlockGuard } from '../../../admission/index.js';
import { type Caller, CurrentCaller, RequireScope } from '../../../api-keys/index.js';
import type { JsonObject } from '../../../common/strict-json.js';
import { JsonBody } from '../../../surface-kit/index.js';
import { type Envelope, envelopeOf } from '../envelope/envelope.js';
import { ApiEnvelope, IMAGE_HEADERS } from '../envelope/envelope.docs.js';
import { EnvelopeController } from '../envelope/envelope-controller.decorator.js';
import { ApiMake, ApiStart, GENERATE_BODY } from './image.docs.js';
import { ImageMaking } from './image-making.service.js';
import { readImageRequest } from './image-request.reader.js';
import { ImageTaskDto } from './task.dto.js';
import { ImageTasks } from './tasks.service.js';

const ROUTE = '/api/ai/image/generate';

@EnvelopeController('image')
export class AiRelayImageController {
  constructor(
    private readonly making: ImageMaking,
    private readonly tasks: ImageTasks,
  ) {}

  @Post('generate')
  @HttpCode(200)
  @RequireScope('images.create')
  @UseGuards(IpBlockGuard)
  @ApiOperation({
    operationId: 'generateImage',
    summary: 'Generate images',
    description:
      'Waits until the images are made, stored and charged. Their links are ours and stay.',
  })
  @ApiMake(GENERATE_BODY)
  async generate(
    @CurrentCaller() caller: Caller,
    @JsonBody() body: JsonObject,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const made = { caller, asked: readImageRequest(body), identity: body };
    await this.making.make({ ...made, route: ROUTE, isAsync: false }, { request, response });
  }

  @Post('generate/async')
  @HttpCode(200)
  @RequireScope('images.create')
  @UseGuards(IpBlockGuard)
  @ApiOperation({
    operationId: 'startImage',
    summary: 'Start generating images',
    description: 'Answers with the id of a task at once.',
  })
  @ApiStart(GENERATE_BODY)
  async start(
    @CurrentCaller() caller: Caller,
    @JsonBody() body: JsonObject,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const made = { caller, asked: readImageRequest(body), identity: body };
    const route = `${ROUTE}/async`;
    await this.making.make({ ...made, route, isAsync: true }, { request, response });
  }

  @Get('task/:logId')
  @RequireScope('images.read')
  @ApiOperation({
    operationId: 'getImageTask',
    summary: 'Get a task',
    description: 'Ids of other accounts look like missing ones.',
  })
  @ApiParam({ name: 'logId', format: 'uuid' })
  @ApiEnvelope(ImageTaskDto, 'The task.', [12302, 12303, 401, 403, 429], IMAGE_HEADERS)
  async task(
    @CurrentCaller() caller: Caller,
    @Param('logId') logId: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Envelope<ImageTaskDto>> {
    return envelopeOf(request, await this.tasks.find(caller, logId, { request, response }));
  }
}
