import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { ConfigModule, EnvSecrets, loadEnv } from '../../src/config/index.js';
import { APPLICATION_ROLE, DatabaseModule } from '../../src/database/index.js';
import { CatalogProblemsError, CatalogService, ModelsModule } from '../../src/models/index.js';
import { catalogModel } from '../support/catalog-model.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { givePatience } from '../support/patience.js';
import { until } from '../support/until.js';

/** A second on a quiet machine: two polls. */
const ELSEWHERE_MS = 10_000;

let database: TestDatabase;
let folder: string;
let nodes: TestingModule[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'easel-catalog-'));
});

afterEach(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  nodes = [];
  await database.drop();
  await rm(folder, { recursive: true });
});

/** One server process as far as the catalog goes. */
async function startNode(catalogFile?: string): Promise<CatalogService> {
  const node = await givePatience(
    await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot(
          loadEnv(catalogFile ? { CATALOG_FILE: catalogFile } : {}),
          new EnvSecrets({}),
        ),
        DatabaseModule.forRoot({ url: database.url, pooled: false, role: APPLICATION_ROLE }),
        ModelsModule,
      ],
    }).compile(),
  );
  nodes.push(node);
  await node.init();
  return node.get(CatalogService);
}

/** A sound document whose one model has this price. */
function priced(credits: number, name = 'sketch-1'): object {
  return { models: [catalogModel({ name, prices: [{ tier: '1k', credits }] })] };
}

function priceOf(service: CatalogService, name = 'sketch-1'): string | undefined {
  return service.current().catalog.find(name)?.prices.get('generate')?.get('standard')?.['1k'];
}

async function writeCatalog(content: string | object): Promise<string> {
  const file = join(folder, 'catalog.yaml');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function versionRows() {
  return database.query<{ version: number; source: string; current: boolean }>(
    'SELECT version, source, superseded_at IS NULL AS current FROM catalog_versions ORDER BY version',
  );
}

describe('the first start', () => {
  it('imports the shipped catalog as version 1', async () => {
    const service = await startNode();
    expect(service.current().version).toBe(1);
    expect(service.current().catalog.find('openai/gpt-image-2')?.name).toBe('gpt-image-2');
    expect(await versionRows()).toEqual([{ version: 1, source: 'import', current: true }]);
  });

  it('imports once when several processes start together', async () => {
    const services = await Promise.all([startNode(), startNode(), startNode()]);
    expect(services.map((service) => service.current().version)).toEqual([1, 1, 1]);
    expect(await versionRows()).toHaveLength(1);
  });

  it('a later start keeps what the database has', async () => {
    const first = await startNode();
    await first.publish(priced(3), 'admin');
    const second = await startNode();
    expect(second.current().version).toBe(2);
    expect(priceOf(second)).toBe('3000');
  });
});

describe('publish', () => {
  it('puts a document in force at once here and within a second elsewhere', async () => {
    const here = await startNode();
    const there = await startNode();
    expect(await here.publish(priced(3), 'admin')).toBe(2);
    expect(priceOf(here)).toBe('3000');
    expect(here.current().document).toEqual(priced(3));
    await until(() => priceOf(there) === '3000', ELSEWHERE_MS);
    expect(there.current().version).toBe(2);
  });

  it('leaves the snapshot of requests under way as it was', async () => {
    const service = await startNode();
    const before = service.current();
    await service.publish(priced(3), 'admin');
    expect(before.version).toBe(1);
    expect(before.catalog.find('gpt-image-2')).toBeDefined();
  });

  it('refuses a document with every problem, and changes nothing', async () => {
    const service = await startNode();
    const bad = { models: [catalogModel({ prices: [] }), catalogModel({ stream: true })] };
    const error = await service.publish(bad, 'admin').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CatalogProblemsError);
    expect((error as CatalogProblemsError).problems.map(({ path }) => path).sort()).toEqual([
      '/models/0/prices',
      '/models/1/name',
      '/models/1/surcharges/partialImage',
    ]);
    expect((error as CatalogProblemsError).code).toBe('invalid_value');
    expect(await versionRows()).toHaveLength(1);
    expect(service.current().version).toBe(1);
  });

  it('serialises publications, so that every one is a version and one is in force', async () => {
    const [a, b] = [await startNode(), await startNode()];
    const published = await Promise.all(
      Array.from({ length: 8 }, (_, at) => (at % 2 ? a : b).publish(priced(at + 1), `nr ${at}`)),
    );
    expect(published.toSorted((x, y) => x - y)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    const rows = await versionRows();
    expect(rows.filter(({ current }) => current).map(({ version }) => version)).toEqual([9]);
    await until(() => a.current().version === 9 && b.current().version === 9, ELSEWHERE_MS);
    expect(priceOf(a)).toBe(priceOf(b));
  });

  it('keeps superseded versions, with the moment they were superseded', async () => {
    const service = await startNode();
    await service.publish(priced(1), 'admin');
    await service.publish(priced(2), 'console');
    const versions = await service.versions(2);
    expect(versions.map(({ version, source }) => [version, source])).toEqual([
      [3, 'console'],
      [2, 'admin'],
    ]);
    expect(versions[0].supersededAt).toBeNull();
    expect(versions[1].supersededAt).toBeInstanceOf(Date);
  });

  it('takes texts of every language through the database unchanged', async () => {
    const service = await startNode();
    const title = { en: 'Café “x” ', zh: '速写 🎨', ar: 'رسم' };
    await service.publish({ models: [catalogModel({ title })] }, 'admin');
    expect(service.current().catalog.find('sketch-1')?.title).toEqual(title);
  });
});

describe('a pinned file', () => {
  it('is published when it differs from what is in force, and only then', async () => {
    await startNode();
    const file = await writeCatalog(priced(3));
    expect(priceOf(await startNode(file))).toBe('3000');
    expect((await startNode(file)).current().version).toBe(2);
    await writeCatalog(priced(4));
    expect(priceOf(await startNode(file))).toBe('4000');
    expect(await versionRows()).toEqual([
      { version: 1, source: 'import', current: false },
      { version: 2, source: 'file', current: false },
      { version: 3, source: 'file', current: true },
    ]);
  });

  it('makes a publication a conflict', async () => {
    const service = await startNode(await writeCatalog(priced(3)));
    await expect(service.publish(priced(4), 'admin')).rejects.toMatchObject({ code: 'conflict' });
    expect(await versionRows()).toHaveLength(1);
  });

  it.each([
    ['is missing', undefined],
    ['is no YAML', 'models: ['],
    ['has problems', JSON.stringify({ models: [{ name: 'x' }] })],
    ['is a bomb of aliases', bomb()],
  ])('that %s keeps the server from starting', async (_, content) => {
    const file = content === undefined ? join(folder, 'none.yaml') : await writeCatalog(content);
    await expect(startNode(file)).rejects.toBeInstanceOf(CatalogProblemsError);
    expect(await versionRows()).toEqual([]);
  });
});

function bomb(): string {
  const levels = Array.from({ length: 12 }, (_, level) => {
    const inner =
      level === 0
        ? '"x"'
        : Array(10)
            .fill(`*a${level - 1}`)
            .join(', ');
    return `  - &a${level} [${inner}]`;
  });
  return `models:\n${levels.join('\n')}\n`;
}
