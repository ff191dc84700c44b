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
import { AnswerHeadersInterceptor } from '../../surface-kit/index.js';
import { RestErrorFilter } from './rest-error.filter.js';

const BearerGuard = ApiKeyGuard.for({ headers: ['bearer'] });

/**
 * A controller of this surface: below `api/v1`, behind key and rate limit, with
 * its errors. A key counts as `Authorization: Bearer` only.
 *
 * @param path below `api/v1`
 * @param tag in the document
 */
export function RestController(path: string, tag: 'Images' | 'Account'): ClassDecorator {
  return applyDecorators(
    Controller(path === '' ? 'api/v1' : `api/v1/${path}`),
    UseGuards(BearerGuard, AdmissionGuard),
    UseInterceptors(AnswerHeadersInterceptor),
    UseFilters(RestErrorFilter),
    ApiTags(tag),
    ApiSecurity('bearer'),
  );
}
