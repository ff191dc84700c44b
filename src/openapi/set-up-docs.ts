import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request, Response } from 'express';
import { DEFINITIONS, EVERYTHING } from './definitions.js';
import { buildDocuments } from './documents.js';
import { DOCS_CSP, DOCS_HTML, DOCS_INIT, documentPath } from './docs-page.js';

const ASSETS_DIR = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/**
 * Serves Swagger UI at `/docs`, the documents at `/docs-json` and
 * `/docs/{surface}-json`. They are built at the first request, because reading
 * every controller takes longer than a start should.
 *
 * Call before the application listens, after security headers are set up: the
 * page brings a content security policy of its own.
 */
export function setUpDocs(app: NestExpressApplication): void {
  const router = app.getHttpAdapter().getInstance();
  let documents: ReturnType<typeof buildDocuments> | undefined;
  app.useStaticAssets(ASSETS_DIR, { prefix: '/docs/assets/', index: false, maxAge: '1h' });
  router.get(
    '/docs',
    answer('html', () => DOCS_HTML),
  );
  router.get(
    '/docs/init.js',
    answer('js', () => DOCS_INIT),
  );
  for (const { name } of [EVERYTHING, ...DEFINITIONS]) {
    const toJson = (): string => {
      documents ??= buildDocuments(app);
      return JSON.stringify(documents.get(name));
    };
    router.get(documentPath(name), answer('json', toJson));
  }
}

function answer(type: string, body: () => string) {
  return (_request: Request, response: Response): void => {
    response.setHeader('Content-Security-Policy', DOCS_CSP);
    response.setHeader('Cache-Control', 'no-cache');
    response.type(type).send(body());
  };
}
