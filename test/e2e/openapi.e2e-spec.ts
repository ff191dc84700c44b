import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf } from '../../src/openapi/index.js';
import { RouteTable } from '../../src/surface-kit/index.js';
import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';

const DOCUMENTS = [
  '/docs/openai-json',
  '/docs/open-tasks-json',
  '/docs/rest-images-json',
  '/docs/mcp-json',
  '/docs/ai-relay-json',
  '/docs/admin-json',
  '/docs/system-json',
];

describe('API documents', () => {
  let app: TestApp;
  let stub: UpstreamStub;
  const documents = new Map<string, OpenAPIObject>();

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
    for (const path of [...DOCUMENTS, '/docs-json']) {
      const answer = await fetch(app.url + path);
      documents.set(path, (await answer.json()) as OpenAPIObject);
    }
  });

  afterAll(async () => {
    await app.stop();
    await stub.close();
  });

  const get = (path: string): OpenAPIObject => documents.get(path) ?? ({} as OpenAPIObject);

  /** Every method and path a document promises, its servers included. */
  function promised(document: OpenAPIObject): string[] {
    return operationsOf(document.paths).flatMap(({ path, method }) => {
      const servers = document.paths[path].servers ?? document.servers ?? [];
      return servers.map(({ url }) => `${method} ${url.replace(/\/$/, '')}${path}`);
    });
  }

  /** Every route the router really has, but the documents themselves. */
  function routed(): string[] {
    return app.app
      .get(RouteTable, { strict: false })
      .list()
      .filter(({ path }) => !/^\/docs(?:$|[/-])/.test(path))
      .map(({ path, method }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  }

  it('promise exactly the routes there are, each in one document of its surface', () => {
    const ofSurfaces = DOCUMENTS.flatMap((path) => promised(get(path)));
    expect(ofSurfaces.sort()).toEqual(routed().sort());
  });

  it('say the same together as apart', () => {
    const together = promised(get('/docs-json'));
    expect(together.sort()).toEqual(routed().sort());
  });

  it.each([...DOCUMENTS, '/docs-json'])('%s is OpenAPI 3.1 whose references resolve', (path) => {
    const document = get(path);
    expect(document.openapi).toBe('3.1.0');
    const names = Object.keys(document.components?.schemas ?? {});
    const references = JSON.stringify(document).matchAll(
      /"\$ref":"#\/components\/schemas\/(\w+)"/g,
    );
    const used = new Set([...references].map(([, name]) => name));
    expect([...used].sort()).toEqual(names.sort());
    expect(names.filter((name) => name.endsWith('Dto'))).toEqual([]);
  });

  it.each(DOCUMENTS)('%s names every operation once and describes what it may answer', (path) => {
    const operations = operationsOf(get(path).paths);
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const poor = operations
      .filter(({ operation }) => {
        const responses = Object.values(operation.responses) as { description?: string }[];
        return !operation.summary || responses.some(({ description }) => !description);
      })
      .map(({ method, path: where }) => `${method} ${where}`);
    expect(poor).toEqual([]);
  });

  it('describe every failure of the images API with its shape, codes and headers', () => {
    for (const { path, operation } of operationsOf(get('/docs/openai-json').paths)) {
      const failures = Object.entries(operation.responses).filter(([status]) => status >= '400');
      expect([path, failures.map(([status]) => status)]).toEqual([
        path,
        expect.arrayContaining(['401', '403', '429', '500', '503']),
      ]);
      for (const [, failure] of failures) {
        expect(failure).toMatchObject({
          headers: { 'x-request-id': {}, 'x-should-retry': {} },
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/Error' }, examples: {} },
          },
        });
      }
    }
  });

  it('describe every field of a create request', () => {
    const { CreateImage } = get('/docs/openai-json').components?.schemas ?? {};
    const fields = Object.entries((CreateImage as { properties: object }).properties);
    expect(fields.length).toBeGreaterThanOrEqual(20);
    expect(fields.filter(([, field]) => !field.description).map(([name]) => name)).toEqual([]);
  });

  it('give examples that run against this server as they are', async () => {
    const { post } = get('/docs/openai-json').paths['/v1/images/generations'];
    const { content } = post?.requestBody as {
      content: Record<string, { examples?: Record<string, { value: object }> }>;
    };
    const examples = Object.values(content['application/json'].examples ?? {});
    const { secret } = await app.givenCustomer(10);

    const answers = await Promise.all(
      examples.map((example) =>
        fetch(`${app.url}/v1/images/generations`, {
          method: 'POST',
          headers: { 'x-api-key': secret, 'content-type': 'application/json' },
          body: JSON.stringify(example.value),
        }),
      ),
    );

    expect(examples.length).toBeGreaterThanOrEqual(2);
    expect(answers.map(({ status }) => status)).toEqual(examples.map(() => 200));
    expect(answers.map(({ headers }) => headers.get('x-ignored-parameters'))).toEqual(
      examples.map(() => null),
    );
  });

  describe('the page', () => {
    it('loads only files of this server, which are there, and runs nothing inline', async () => {
      const answer = await fetch(`${app.url}/docs`);
      const html = await answer.text();
      const csp = answer.headers.get('content-security-policy') ?? '';
      expect(csp).toContain("script-src 'self'");
      expect(csp).not.toContain('unsafe-eval');
      expect(html).not.toMatch(/https?:|<script>|onload=/);
      const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file);
      expect(files.length).toBeGreaterThan(3);
      for (const file of files) {
        const loaded = await fetch(app.url + file);
        await loaded.arrayBuffer();
        expect([file, loaded.status]).toEqual([file, 200]);
      }
    });

    it('offers a definition per surface and all of them together', async () => {
      const script = await (await fetch(`${app.url}/docs/init.js`)).text();
      for (const path of [...DOCUMENTS, '/docs-json']) expect(script).toContain(`"${path}"`);
    });
  });
});
