import { Module } from '@nestjs/common';
import { AnswerHeadersInterceptor } from './answer-headers.interceptor.js';
import { OpenAiErrorFilter } from './open-ai-error.filter.js';
import { RouteTable } from './route-table.js';

/** What surfaces share: reading bodies, rendering errors, answering with images. */
@Module({
  providers: [RouteTable, OpenAiErrorFilter, AnswerHeadersInterceptor],
  exports: [RouteTable, OpenAiErrorFilter, AnswerHeadersInterceptor],
})
export class SurfaceKitModule {}
