import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { Env } from '../config/index.js';
import { ChangeFeed, Database, type Tx, UnitOfWork } from '../database/index.js';
import { configFile, readCatalogFile } from './catalog-file.js';
import { catalogOf, refuseProblems } from './catalog-of.js';
import type { CatalogDocument } from './document.js';
import type { ImageParameters, ResolvedRequest, ResolveOptions } from './image-request.js';
import { type CatalogVersion, resolveRequest } from './resolve-request.js';

/** The catalog in force with the document it was made from. Immutable. */
export interface CatalogSnapshot extends CatalogVersion {
  readonly document: CatalogDocument;
}

/** One published version; `supersededAt` is `null` for the one in force. */
export interface CatalogVersionInfo {
  readonly version: number;
  readonly source: string;
  readonly createdAt: Date;
  readonly supersededAt: Date | null;
}

/** When a document becomes a new version: always, only if it differs, only if there is none yet. */
type PublishWhen = 'always' | 'differs' | 'absent';

interface CurrentRow {
  readonly version: number;
  readonly same: boolean;
}

/**
 * Keeps the catalog in force in memory, so that a request is checked without
 * the database, and publishes new versions. A version once published never
 * changes: a generation's price can be explained from it for ever.
 */
@Injectable()
export class CatalogService implements OnModuleInit {
  private snapshot: CatalogSnapshot | undefined;

  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: ChangeFeed,
    private readonly env: Env,
  ) {}

  /**
   * Loads the version in force; on the first start of a database imports
   * `config/catalog.yaml`, with CATALOG_FILE that file whenever it differs.
   *
   * @throws CatalogProblemsError when the document has problems: a server
   * without a sound catalog must not start.
   */
  async onModuleInit(): Promise<void> {
    this.changes.onChange('catalog', () => this.reload());
    if (this.env.CATALOG_FILE !== undefined) {
      const document = await readCatalogFile(this.env.CATALOG_FILE);
      await this.store(document, 'file', 'differs');
    }
    await this.reload();
    if (this.snapshot === undefined) {
      const document = await readCatalogFile(configFile('catalog.yaml'));
      await this.store(document, 'import', 'absent');
      await this.reload();
    }
  }

  /** The catalog in force on this node, at most a second behind a publication elsewhere. */
  current(): CatalogSnapshot {
    if (this.snapshot === undefined) throw new Error('The catalog is not loaded yet');
    return this.snapshot;
  }

  /** `resolveRequest` against the catalog in force. */
  resolveRequest(sent: ImageParameters, options: ResolveOptions): ResolvedRequest {
    return resolveRequest(this.current(), sent, options);
  }

  /**
   * Puts a document in force, on this node at once and on the others within a second.
   *
   * @param source who published it, for the list of versions
   * @returns the new version's number
   * @throws CatalogProblemsError with every problem; nothing was changed
   * @throws DomainError `conflict` when CATALOG_FILE pins the catalog
   */
  async publish(document: unknown, source: string): Promise<number> {
    if (this.env.CATALOG_FILE !== undefined) {
      throw new DomainError(
        'conflict',
        'The catalog is pinned to a file (CATALOG_FILE); change the file and restart.',
      );
    }
    const version = await this.store(document, source, 'always');
    await this.reload();
    return version;
  }

  /** Newest first. */
  versions(limit: number): Promise<CatalogVersionInfo[]> {
    return this.database.query<CatalogVersionInfo>({
      name: 'catalog_versions_list',
      text: `SELECT version, source, created_at AS "createdAt", superseded_at AS "supersededAt"
               FROM catalog_versions ORDER BY version DESC LIMIT $1`,
      values: [limit],
    });
  }

  private async reload(): Promise<void> {
    const [row] = await this.database.query<{ version: number; document: unknown }>({
      name: 'catalog_current',
      text: `SELECT version, document FROM catalog_versions
              WHERE superseded_at IS NULL AND version > $1`,
      values: [this.snapshot?.version ?? 0],
    });
    // Reloads may overlap; the version only ever rises.
    if (row && row.version > (this.snapshot?.version ?? 0)) this.snapshot = snapshotOf(row);
  }

  private async store(document: unknown, source: string, when: PublishWhen): Promise<number> {
    refuseProblems(document);
    const json = JSON.stringify(document);
    return this.unitOfWork.run(async (tx) => {
      const current = await this.lockCurrent(tx, json);
      if (current && (when === 'absent' || (when === 'differs' && current.same))) {
        return current.version;
      }
      const version = (current?.version ?? 0) + 1;
      await this.replace(tx, version, json, source);
      await this.changes.bump(tx, 'catalog');
      return version;
    });
  }

  /** Publications queue on an advisory lock: on the first one there is no row to lock. */
  private async lockCurrent(tx: Tx, json: string): Promise<CurrentRow | undefined> {
    await tx.query({ text: `SELECT pg_advisory_xact_lock(hashtext('easel.catalog'))` });
    const [current] = await tx.query<CurrentRow>({
      text: `SELECT version, document = $1::jsonb AS same
               FROM catalog_versions WHERE superseded_at IS NULL`,
      values: [json],
    });
    return current;
  }

  private async replace(tx: Tx, version: number, json: string, source: string): Promise<void> {
    await tx.query({
      text: `UPDATE catalog_versions SET superseded_at = clock_timestamp()
              WHERE superseded_at IS NULL`,
    });
    await tx.query({
      text: 'INSERT INTO catalog_versions (version, document, source) VALUES ($1, $2::jsonb, $3)',
      values: [version, json, source],
    });
  }
}

function snapshotOf({
  version,
  document,
}: {
  version: number;
  document: unknown;
}): CatalogSnapshot {
  return Object.freeze({
    version,
    catalog: catalogOf(document),
    document: document as CatalogDocument,
  });
}
