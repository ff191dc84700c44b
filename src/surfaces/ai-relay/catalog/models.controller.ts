import { Controller, Get, Req, UseFilters, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { findCaller } from '../../../api-keys/index.js';
import { AnswerHeadersInterceptor } from '../../../surface-kit/index.js';
import { type Envelope, envelopeOf } from '../envelope/envelope.js';
import { ApiEnvelope } from '../envelope/envelope.docs.js';
import { EnvelopeErrorFilter } from '../envelope/envelope-error.filter.js';
import { LanguageInterceptor } from '../messages/language.interceptor.js';
import { languageOf } from '../messages/language.js';
import { type ModelAsker, ModelListing } from './model-listing.service.js';
import { EditModelDto, ImageModelDto } from './models.dto.js';
import { OptionalKeyGuard } from './optional-key.guard.js';

/** The catalog, for everybody; with a key it shows that key's models and prices. */
@Controller('api/ai/models/image')
@UseGuards(OptionalKeyGuard)
@UseInterceptors(AnswerHeadersInterceptor, LanguageInterceptor)
@UseFilters(EnvelopeErrorFilter)
@ApiTags('Models')
@ApiSecurity({})
@ApiSecurity('x-api-key')
@ApiSecurity('bearer')
export class AiRelayModelsController {
  constructor(private readonly models: ModelListing) {}

  @Get('generation')
  @ApiOperation({
    operationId: 'listGenerationModels',
    summary: 'List the models that make images',
    description: 'Names, sizes, qualities, styles, and what each size costs.',
  })
  @ApiEnvelope([ImageModelDto], 'The models.', [401, 429])
  generating(@Req() request: Request): Envelope<ImageModelDto[]> {
    return envelopeOf(request, this.models.generating(askerOf(request)));
  }

  @Get('edit')
  @ApiOperation({
    operationId: 'listEditModels',
    summary: 'List the models that edit images',
    description: 'As for making them, at the price of an edit, and how many images one takes.',
  })
  @ApiEnvelope([EditModelDto], 'The models.', [401, 429])
  editing(@Req() request: Request): Envelope<EditModelDto[]> {
    return envelopeOf(request, this.models.editing(askerOf(request)));
  }
}

function askerOf(request: Request): ModelAsker {
  return { caller: findCaller(request), language: languageOf(request) };
}
