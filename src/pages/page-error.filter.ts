import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { currentRequestId } from '../observability/request-context.js';
import {
  failureAt,
  logFailure,
  type RouteTable,
  type SurfaceFailure,
} from '../surface-kit/index.js';
import { markup } from './markup.js';
import { type Page, sendPage } from './page.js';

/** Failures below the addresses of pages, as a page: whoever sees them is a person. */
@Catch()
export class PageErrorFilter implements ExceptionFilter {
  constructor(private readonly routes: RouteTable) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const failure = failureAt(this.routes, exception, request, response);
    logFailure(failure, exception);
    if (response.headersSent) return void response.destroy();
    if (failure.retryAfterSeconds !== null) {
      response.setHeader('Retry-After', String(failure.retryAfterSeconds));
    }
    sendPage(response, failurePage(failure), 'no-store');
  }
}

/** Of one kind there is one page: it says nothing of what was asked for. */
function failurePage({ status, message }: SurfaceFailure): Page {
  const title = TITLES[status] ?? 'This did not work';
  const text = TEXTS[status] ?? message;
  return {
    status,
    title: `${title} · Easel`,
    main: markup`<div class="text">
<p class="soft small">${status}</p>
<h1>${title}</h1>
<p>${text}</p>
${status >= 500 ? markup`<p class="soft small">Request <code>${currentRequestId()}</code></p>` : null}
<p><a href="/">To the start page</a></p>
</div>`,
  };
}

const TITLES: Readonly<Record<number, string>> = {
  404: 'Not found',
  405: 'Not this way',
  410: 'Removed',
  429: 'Too many requests',
  500: 'Something went wrong',
  503: 'Not just now',
};

const TEXTS: Readonly<Record<number, string>> = {
  404: 'There is nothing here. It may be private, it may have been deleted, or the address is wrong.',
  410: 'This image was removed by the operator of this server.',
};
