import { Get, HttpCode, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { IpBlockGuard } from '../../admission/index.js';
import { type Caller, CurrentCaller, RequireScope } from '../../api-keys/index.js';
import type { JsonObject } from '../../common/strict-json.js';
import { JsonBody } from '../../surface-kit/index.js';
import type { ListImagesResponse } from './answers.js';
import { GenerateImageService } from './generate-image.service.js';
import { ImagesService } from './images.service.js';
import type { PageQuery } from './page-query.js';
import { RestController } from './rest-controller.decorator.js';
import {
  ApiAnswer,
  ApiGenerateBody,
  ApiOnce,
  ApiPage,
  ApiRestFailures,
  GENERATION_HEADERS,
} from './rest-images.docs.js';
import {
  GENERATE_IMAGE_RESPONSE,
  GET_IMAGE_METADATA_RESPONSE,
  GET_IMAGE_RESPONSE,
  LIST_IMAGES_RESPONSE,
} from './schemas.js';

@RestController('images', 'Images')
export class RestImagesController {
  constructor(
    private readonly generating: GenerateImageService,
    private readonly images: ImagesService,
  ) {}

  @Post('generate')
  @HttpCode(200)
  @RequireScope('images.create')
  @UseGuards(IpBlockGuard)
  @ApiOperation({
    operationId: 'generateImage',
    summary: 'Generate an image',
    description:
      'Waits until the image is made, stored and charged. If the connection is lost the image is ' +
      'made all the same: get it by the id in x-generation-id, or send the request again with the ' +
      'same Idempotency-Key.',
  })
  @ApiOnce()
  @ApiGenerateBody()
  @ApiAnswer('The image and what it cost.', GENERATE_IMAGE_RESPONSE, GENERATION_HEADERS)
  @ApiRestFailures(400, 401, 413, 415, 429, 500)
  async generate(
    @CurrentCaller() caller: Caller,
    @JsonBody() body: JsonObject,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.generating.generate(caller, body, { request, response });
  }

  @Get()
  @RequireScope('images.read')
  @ApiOperation({
    operationId: 'listImages',
    summary: 'List generated images',
    description: 'Those made through this API, last delivered first, without their bytes.',
  })
  @ApiPage()
  @ApiAnswer('One page.', LIST_IMAGES_RESPONSE)
  @ApiRestFailures(400, 401, 429, 500)
  list(@CurrentCaller() caller: Caller, @Query() query: PageQuery): Promise<ListImagesResponse> {
    return this.images.list(caller, query);
  }

  @Get(':id')
  @RequireScope('images.read')
  @ApiOperation({
    operationId: 'getImage',
    summary: 'Get a generated image',
    description: 'Ids of other accounts look like missing ones.',
  })
  @ApiParam({ name: 'id', schema: { type: 'string', format: 'uuid' } })
  @ApiQuery({
    name: 'format',
    required: false,
    schema: { type: 'string', enum: ['metadata'] },
    description: 'metadata leaves the bytes out.',
  })
  @ApiAnswer(
    'The image.',
    { oneOf: [GET_IMAGE_RESPONSE, GET_IMAGE_METADATA_RESPONSE] },
    GENERATION_HEADERS,
  )
  @ApiRestFailures(401, 404, 429, 500)
  async find(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query('format') format: unknown,
    @Res() response: Response,
  ): Promise<void> {
    await this.images.find(caller, id, format, { response });
  }
}
