import {
  applyDecorators,
  Controller,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import { AdmissionGuard } from '../../../admission/index.js';
import { AnswerHeadersInterceptor } from '../../../surface-kit/index.js';
import { LanguageInterceptor } from '../messages/language.interceptor.js';
import { EnvelopeErrorFilter } from './envelope-error.filter.js';
import { EnvelopeKeyGuard } from './envelope-key.guard.js';

/**
 * A controller of envelope routes that need a key, as `X-Api-Key` or Bearer.
 * What is asked of a request, in this order: key, scope, rate; whatever a
 * handler adds; then its body.
 *
 * @param path below `api/ai`
 */
export function EnvelopeController(path: string): ClassDecorator {
  return applyDecorators(
    Controller(`api/ai/${path}`),
    UseGuards(EnvelopeKeyGuard, AdmissionGuard),
    UseInterceptors(AnswerHeadersInterceptor, LanguageInterceptor),
    UseFilters(EnvelopeErrorFilter),
    ApiTags('Images'),
    ApiSecurity('x-api-key'),
    ApiSecurity('bearer'),
  );
}
