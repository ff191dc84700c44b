import {
  applyDecorators,
  Controller,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import { AdmissionGuard } from '../../admission/index.js';
import { ApiKeyGuard } from '../../api-keys/index.js';
import {
  AnswerHeadersInterceptor,
  OpenAiErrorFilter,
  OpenAiHeadersInterceptor,
  withAliases,
} from '../../surface-kit/index.js';

/**
 * A controller of this surface: below `v1` and its aliases, behind key and rate
 * limit, with OpenAI's headers and errors.
 *
 * @param name the path below `v1`, and the tag in the document
 */
export function OpenAiController(name: string): ClassDecorator {
  return applyDecorators(
    Controller(withAliases(`v1/${name}`)),
    UseGuards(ApiKeyGuard, AdmissionGuard),
    UseInterceptors(AnswerHeadersInterceptor, OpenAiHeadersInterceptor),
    UseFilters(OpenAiErrorFilter),
    ApiTags(name),
    ApiSecurity('bearer'),
    ApiSecurity('x-api-key'),
    ApiSecurity('api-key'),
  );
}
