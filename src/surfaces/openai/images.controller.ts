import { Delete, Get, HttpCode, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiQuery } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { IpBlockGuard } from '../../admission/index.js';
import { type Caller, CurrentCaller, RequireScope } from '../../api-keys/index.js';
import type { JsonObject } from '../../common/strict-json.js';
import { JsonBody } from '../../surface-kit/index.js';
import { CreateImageDto } from './create-image.dto.js';
import { CreateImageService } from './create-image.service.js';
import { FindImageService } from './find-image.service.js';
import { GenerationDto, GenerationListDto } from './generation.dto.js';
import { ApiImages } from './image-events.docs.js';
import { ApiListQuery } from './list-query.docs.js';
import type { ListQuery } from './list-query.js';
import { ApiOnce } from './once.docs.js';
import { OpenAiController } from './openai-controller.decorator.js';
import {
  ApiFailures,
  CREATE_BODY,
  IMAGE_HEADERS,
  MAKING_FAILURES,
  OK_HEADERS,
  QUOTE_HEADERS,
} from './openai.docs.js';
import { QuoteDto, QuoteRequestDto } from './quote.dto.js';
import { QuoteService } from './quote.service.js';

@OpenAiController('images')
export class OpenAiImagesController {
  constructor(
    private readonly creating: CreateImageService,
    private readonly finding: FindImageService,
    private readonly quoting: QuoteService,
  ) {}

  @Post('generations')
  @HttpCode(200)
  @RequireScope('images.create')
  @UseGuards(IpBlockGuard)
  @ApiOperation({
    operationId: 'createImage',
    summary: 'Create images',
    description:
      'Waits until the images are made, stored and charged. If the connection is lost the ' +
      'generation goes on: fetch it by its id, or send the request again with the same ' +
      'Idempotency-Key. With a test key nothing is charged, and `[[easel:<fault>]]` in the prompt ' +
      'forces a failure.',
  })
  @ApiOnce()
  @ApiBody({ type: CreateImageDto, ...CREATE_BODY })
  @ApiImages()
  @ApiFailures(...MAKING_FAILURES)
  async create(
    @CurrentCaller() caller: Caller,
    @JsonBody() body: JsonObject,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.creating.create(caller, body, { request, response });
  }

  @Post('quote')
  @HttpCode(200)
  @RequireScope('images.create')
  @ApiOperation({
    operationId: 'quoteImage',
    summary: 'Price a request',
    description:
      'Takes the body of a create request (or of an edit), checks it the same way and says what it ' +
      'would hold. Moves nothing and asks no upstream.',
  })
  @ApiBody({ type: QuoteRequestDto, ...CREATE_BODY })
  @ApiOkResponse({ type: QuoteDto, headers: QUOTE_HEADERS, description: 'The price.' })
  @ApiFailures(
    'invalid_value',
    'missing_required_parameter',
    'content_policy_violation',
    'model_not_allowed',
    'model_not_found',
    'request_too_large',
    'unsupported_media_type',
  )
  quote(
    @CurrentCaller() caller: Caller,
    @JsonBody() body: JsonObject,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): QuoteDto {
    return this.quoting.quote(caller, body, { request, response });
  }

  @Get()
  @RequireScope('images.read')
  @ApiOperation({
    operationId: 'listImages',
    summary: 'List the account’s generations',
    description: 'Newest first, those of all its keys. Follow next_cursor until it is null.',
  })
  @ApiListQuery()
  @ApiOkResponse({ type: GenerationListDto, headers: OK_HEADERS, description: 'One page.' })
  @ApiFailures('invalid_value')
  async list(
    @CurrentCaller() caller: Caller,
    @Query() query: ListQuery,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.finding.list(caller, query, { request, response });
  }

  @Delete(':id')
  @RequireScope('images.create')
  @ApiOperation({
    operationId: 'deleteImage',
    summary: 'Cancel a generation that runs, delete the images of one that is done',
    description:
      'Canceling releases what is held while no upstream was asked. Afterwards the wish is passed ' +
      'on, and what is still delivered is charged. The receipt stays. Safe to repeat.',
  })
  @ApiParam({ name: 'id', format: 'uuid', description: 'From x-generation-id.' })
  @ApiOkResponse({
    type: GenerationDto,
    headers: IMAGE_HEADERS,
    description: 'The state after it.',
  })
  @ApiFailures('not_found', 'image_removed')
  async remove(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.finding.remove(caller, id, { request, response });
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
