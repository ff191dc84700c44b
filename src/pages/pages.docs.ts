import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';

const PAGE = { 'text/html': { schema: { type: 'string' } } } as const;

const FAILURES: Readonly<Record<number, string>> = {
  303: 'Go on there.',
  400: 'Something in the address or the form is wrong.',
  403: 'The form is not ours, too old, or what it says is wrong.',
  404: 'There is no such page.',
  410: 'The operator removed the image.',
  413: 'The form is too large.',
  415: 'This is no form.',
  429: 'Too many tries; `Retry-After` says when there are more.',
  500: 'Something went wrong here.',
  503: 'The server cannot answer just now.',
};

export interface PageDocs {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** Besides 200, 500 and 503. */
  readonly others?: readonly (keyof typeof FAILURES)[];
}

/** The document of a page: HTML in success and failure. */
export function ApiPage({ others = [], ...operation }: PageDocs): MethodDecorator {
  return applyDecorators(
    ApiTags('pages'),
    ApiOperation(operation),
    ApiResponse({ status: 200, description: 'The page.', content: PAGE }),
    ...[...others, 500, 503].map((status) =>
      ApiResponse({ status, description: FAILURES[status], content: PAGE }),
    ),
  );
}

/** The document of where a page's form goes. */
export function ApiForm({
  fields,
  others = [],
  ...operation
}: PageDocs & { readonly fields: readonly string[] }): MethodDecorator {
  const properties = Object.fromEntries(fields.map((name) => [name, { type: 'string' as const }]));
  return applyDecorators(
    ApiTags('pages'),
    ApiOperation(operation),
    ApiConsumes('application/x-www-form-urlencoded'),
    ApiBody({ schema: { type: 'object', properties } }),
    ...[303, 400, 403, ...others, 413, 415, 429, 500, 503].map((status) =>
      ApiResponse({ status, description: FAILURES[status], content: PAGE }),
    ),
  );
}
