import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ALIASES } from '../surface-kit/index.js';
import { DEFINITIONS, type Definition, EVERYTHING } from './definitions.js';
import { cleanOperations, dropClassSuffixes, keepUsedComponents } from './tidy.js';

type Paths = OpenAPIObject['paths'];
type Server = NonNullable<OpenAPIObject['servers']>[number];

/** Of this API, not of the program. */
const API_VERSION = '1.0.0';

const OPENAI_SERVERS: Server[] = [
  { url: '/', description: 'This server; defaults by the key’s profile' },
  { url: '/aiimg', description: 'This server as the AIImg API' },
  { url: '/aiai', description: 'This server as the AIAI API' },
];
const PLAIN_SERVERS: Server[] = [{ url: '/', description: 'This server' }];

/**
 * The OpenAPI 3.1 documents of an application, by name; `all` holds every path.
 *
 * Routes below an alias prefix are the same as those below `/v1`: they are
 * described by `servers`, not listed again.
 */
export function buildDocuments(app: INestApplication): ReadonlyMap<string, OpenAPIObject> {
  const scanned = SwaggerModule.createDocument(app, baseDocument(), {
    autoTagControllers: false,
    operationIdFactory: (_controller, method) => method,
  });
  cleanOperations(scanned);
  const everything = dropClassSuffixes(scanned);
  return new Map(
    [EVERYTHING, ...DEFINITIONS].map((definition) => [
      definition.name,
      documentOf(everything, definition),
    ]),
  );
}

function documentOf(everything: OpenAPIObject, definition: Definition): OpenAPIObject {
  const { title, description, name } = definition;
  const paths = pathsOf(everything.paths, definition);
  return keepUsedComponents({
    ...everything,
    info: { title, description, version: API_VERSION },
    servers: name === 'openai' ? OPENAI_SERVERS : PLAIN_SERVERS,
    paths: definition === EVERYTHING ? withAliasServers(paths) : paths,
  });
}

function pathsOf(paths: Paths, definition: Definition): Paths {
  return Object.fromEntries(
    Object.entries(paths).filter(([path]) => !isAlias(path) && definition.holds(path)),
  );
}

function isAlias(path: string): boolean {
  return ALIASES.some((alias) => path.startsWith(`/${alias}/`));
}

/** In the document of everything only the paths below `/v1` have aliases. */
function withAliasServers(paths: Paths): Paths {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      path.startsWith('/v1/') ? { ...item, servers: OPENAI_SERVERS } : item,
    ]),
  );
}

function baseDocument(): Omit<OpenAPIObject, 'paths'> {
  return new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key.' }, 'bearer')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key' }, 'x-api-key')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'api-key' }, 'api-key')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'The admin key.' }, 'admin')
    .build();
}
