import { Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { type Caller, CurrentCaller, RequireScope } from '../../api-keys/index.js';
import type { JsonObject } from '../../common/strict-json.js';
import { JsonBody } from '../../surface-kit/index.js';
import { CreateImageDto } from './create-image.dto.js';
import { CreateImageService } from './create-image.service.js';
import { FindImageService } from './find-image.service.js';
import { GenerationDto } from './generation.dto.js';
import { ImagesResponseDto } from './images.dto.js';
import { OpenAiController } from './openai-controller.decorator.js';
import { ApiFailures, CREATE_BODY, IMAGE_HEADERS } from './openai.docs.js';

@OpenAiController('images')
export class OpenAiImagesController {
  constructor(
    private readonly creating: CreateImageService,
    private readonly finding: FindImageService,
  ) {}

  @Post('generations')
  @HttpCode(200)
  @RequireScope('images.create')
  @ApiOperation({
    operationId: 'createImage',
    summary: 'Create images',
    description:
      'Waits until the images are made, stored and charged. If the connection is lost the ' +
      'generation goes on: fetch it by its id, or send the request again with the same ' +
      'Idempotency-Key. With a test key nothing is charged, and `[[easel:<fault>]]` in the prompt ' +
      'forces a failure.',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'Makes repeats safe for 24 hours: the same key and body give the same answer.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  })
  @ApiBody({ type: CreateImageDto, ...CREATE_BODY })
  @ApiOkResponse({ type: ImagesResponseDto, headers: IMAGE_HEADERS, description: 'The images.' })
  @ApiFailures(
    'invalid_value',
    'missing_required_parameter',
    'content_policy_violation',
    'insufficient_credits',
    'model_not_allowed',
    'model_not_found',
    'request_too_large',
    'unsupported_media_type',
    'idempotency_key_reused',
    'concurrency_limit_exceeded',
    'quota_exceeded',
    'upstream_unavailable',
    'upstream_invalid_response',
    'model_unavailable',
    'storage_unavailable',
    'generation_timeout',
    'generation_in_progress',
  )
  async create(
    @CurrentCaller() caller: Caller,
    @JsonBody() body: JsonObject,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.creating.create(caller, body, { request, response });
  }

  @Get(':id')
  @RequireScope('images.read')
  @ApiOperation({
    operationId: 'getImage',
    summary: 'Get a generation by its id',
    description: 'Status, images and receipt. Ids of other accounts look like missing ones.',
  })
  @ApiParam({ name: 'id', format: 'uuid', description: 'From x-generation-id.' })
  @ApiQuery({
    name: 'response_format',
    required: false,
    enum: ['url', 'b64_json'],
    description: 'How images are answered; url unless told.',
  })
  @ApiOkResponse({ type: GenerationDto, headers: IMAGE_HEADERS, description: 'The generation.' })
  @ApiFailures('invalid_value', 'not_found', 'image_removed', 'storage_unavailable')
  async find(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query('response_format') format: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.finding.find(caller, id, format, { request, response });
  }
}
