import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';

const PAGE = { 'text/html': { schema: { type: 'string' } } } as const;

const FAILURES: Readonly<Record<number, string>> = {
  404: 'There is no such page.',
  410: 'The operator removed the image.',
  500: 'Something went wrong here.',
  503: 'The server cannot answer just now.',
};

export interface PageDocs {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly failures?: readonly (keyof typeof FAILURES)[];
}

/** The document of a page: HTML in success and failure. */
export function ApiPage({ failures = [], ...operation }: PageDocs): MethodDecorator {
  return applyDecorators(
    ApiTags('pages'),
    ApiOperation(operation),
    ApiResponse({ status: 200, description: 'The page.', content: PAGE }),
    ...[...failures, 500, 503].map((status) =>
      ApiResponse({ status, description: FAILURES[status], content: PAGE }),
    ),
  );
}
