import { Get, HttpCode, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { IpBlockGuard } from '../../admission/index.js';
import { type Caller, CurrentCaller, RequireScope } from '../../api-keys/index.js';
import { notFound } from '../../common/domain-error.js';
import type { JsonObject } from '../../common/strict-json.js';
import { RelayService } from '../../relay/index.js';
import { JsonBody } from '../../surface-kit/index.js';
import { CREATE_TASK_BODY } from './create-task.dto.js';
import { CreateTaskService } from './create-task.service.js';
import { OpenTasks } from './open-tasks-controller.decorator.js';
import { ApiTaskFailures, ApiTaskOnce, TASK_HEADERS } from './open-tasks.docs.js';
import { TaskAnswers } from './task-answers.service.js';
import { TaskAnswerDto } from './task.dto.js';

@OpenTasks('Images')
export class OpenTasksController {
  constructor(
    private readonly creating: CreateTaskService,
    private readonly relay: RelayService,
    private readonly answers: TaskAnswers,
  ) {}

  @Post('images/generations')
  @HttpCode(200)
  @RequireScope('images.create')
  @UseGuards(IpBlockGuard)
  @ApiOperation({
    operationId: 'createImageGeneration',
    summary: 'Create an image generation task',
    description:
      'Answers with the id of the task at once. Ask after it until it is success, failed or ' +
      'canceled. Credits are held when it is accepted, charged when its picture is stored, and ' +
      'given back when it fails.',
  })
  @ApiTaskOnce()
  @ApiBody(CREATE_TASK_BODY)
  @ApiOkResponse({ type: TaskAnswerDto, headers: TASK_HEADERS, description: 'The task.' })
  @ApiTaskFailures(400, 402, 413, 415, 502)
  async create(
    @CurrentCaller() caller: Caller,
    @JsonBody() body: JsonObject,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TaskAnswerDto> {
    const exchange = { request, response };
    return this.answers.answer(await this.creating.create(caller, body, exchange), exchange);
  }

  @Get('images/generations/:id')
  @RequireScope('images.read')
  @ApiOperation({
    operationId: 'getImageGeneration',
    summary: 'Get an image generation task',
    description: 'Ids of other accounts look like missing ones.',
  })
  @ApiParam({ name: 'id', format: 'uuid', description: 'The image generation task id.' })
  @ApiOkResponse({ type: TaskAnswerDto, headers: TASK_HEADERS, description: 'The task.' })
  @ApiTaskFailures(404)
  async find(
    @CurrentCaller() { accountId }: Caller,
    @Param('id') id: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TaskAnswerDto> {
    const generation = await this.relay.find(accountId, id);
    if (!generation) throw notFound('image generation task');
    return this.answers.answer(generation, { request, response });
  }
}
