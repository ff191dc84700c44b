import {
  applyDecorators,
  Controller,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ApiSecurity, ApiTags } from '@nestjs/swagger';
import { AdmissionGuard, PaidAccountGuard } from '../../admission/index.js';
import { ApiKeyGuard, ScopeGuard } from '../../api-keys/index.js';
import { AnswerHeadersInterceptor } from '../../surface-kit/index.js';
import { OpenTasksErrorFilter } from './open-tasks-error.filter.js';
import { PREFIX } from './prefix.js';

/**
 * A controller of this surface. What is asked of a request, in this order: a key
 * as Bearer, a paid account, the route's scope, its rate; whatever a handler
 * adds; then its body.
 *
 * @param tag its section in the document
 */
export function OpenTasks(tag: string): ClassDecorator {
  return applyDecorators(
    Controller(PREFIX),
    UseGuards(
      ApiKeyGuard.for({ headers: ['bearer'], checksScope: false }),
      PaidAccountGuard,
      ScopeGuard,
      AdmissionGuard,
    ),
    UseInterceptors(AnswerHeadersInterceptor),
    UseFilters(OpenTasksErrorFilter),
    ApiTags(tag),
    ApiSecurity('bearer'),
  );
}
