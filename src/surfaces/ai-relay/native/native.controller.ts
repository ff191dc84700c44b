import {
  Controller,
  HttpCode,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AdmissionGuard, IpBlockGuard } from '../../../admission/index.js';
import { ApiKeyGuard, type Caller, CurrentCaller, RequireScope } from '../../../api-keys/index.js';
import type { JsonObject } from '../../../common/strict-json.js';
import {
  AnswerHeadersInterceptor,
  JsonBody,
  OpenAiHeadersInterceptor,
} from '../../../surface-kit/index.js';
import { ApiOnce } from '../images/image.docs.js';
import { LanguageInterceptor } from '../messages/language.interceptor.js';
import { NativeErrorFilter } from './native-error.filter.js';
import { ApiNativeFailures, ApiNativeImages } from './native.docs.js';
import { NativeImages } from './native-image.service.js';

/** OpenAI's generations, with its answers and errors; a key counts as Bearer only. */
@Controller('api/ai/images')
@UseGuards(ApiKeyGuard.for({ headers: ['bearer'] }), AdmissionGuard, IpBlockGuard)
@UseInterceptors(AnswerHeadersInterceptor, OpenAiHeadersInterceptor, LanguageInterceptor)
@UseFilters(NativeErrorFilter)
@ApiTags('Native')
@ApiSecurity('bearer')
export class AiRelayNativeController {
  constructor(private readonly images: NativeImages) {}

  @Post('generations')
  @HttpCode(200)
  @RequireScope('images.create')
  @ApiOperation({
    operationId: 'createImage',
    summary: 'Create images, as OpenAI does',
    description:
      'Answers OpenAI’s ImagesResponse, its events or its errors, in no envelope. A link is the ' +
      'upstream’s own where it gave one and the operator lets it be shown, else one of ours. ' +
      'Fields that the operator lists for an upstream are passed on to it; others are named in ' +
      'x-ignored-parameters.',
  })
  @ApiOnce()
  @ApiNativeImages()
  @ApiNativeFailures()
  async create(
    @CurrentCaller() caller: Caller,
    @JsonBody() body: JsonObject,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.images.create(caller, body, { request, response });
  }
}
