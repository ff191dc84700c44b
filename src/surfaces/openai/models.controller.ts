import { Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import { type Caller, CurrentCaller } from '../../api-keys/index.js';
import { ModelDto, ModelListDto } from './models.dto.js';
import { ModelListing } from './model-listing.service.js';
import { OpenAiController } from './openai-controller.decorator.js';
import { ApiFailures, OK_HEADERS } from './openai.docs.js';

@OpenAiController('models')
export class OpenAiModelsController {
  constructor(private readonly models: ModelListing) {}

  @Get()
  @ApiOperation({
    operationId: 'listModels',
    summary: 'List the models this key may use',
    description: 'Retired models are not listed. Prices are those of this account.',
  })
  @ApiOkResponse({ type: ModelListDto, headers: OK_HEADERS, description: 'The models.' })
  @ApiFailures()
  list(@CurrentCaller() caller: Caller): ModelListDto {
    return { object: 'list', data: this.models.list(caller) };
  }

  @Get(':model')
  @ApiOperation({ operationId: 'getModel', summary: 'Get one model by name or alias' })
  @ApiParam({
    name: 'model',
    description: 'A name or alias, also with its owner before it: openai%2Fgpt-image-2.',
    example: 'gpt-image-2',
  })
  @ApiOkResponse({ type: ModelDto, headers: OK_HEADERS, description: 'The model.' })
  @ApiFailures('model_not_found')
  get(@CurrentCaller() caller: Caller, @Param('model') name: string): ModelDto {
    return this.models.getOrThrow(caller, name);
  }
}
