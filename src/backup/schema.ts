import pg from 'pg';
import { DataSource, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';

export type MigrationList = readonly (new () => MigrationInterface)[];

/**
 * The schema of one database, taken down and built again by its migrations inside
 * one open transaction: until that commits, nobody else sees any of it.
 */
export class Schema {
  private readonly executor: MigrationExecutor;

  private constructor(
    private readonly dataSource: DataSource,
    private readonly runner: QueryRunner,
    /** The connection of the transaction. */
    readonly client: pg.ClientBase,
    /** Names of the migrations this program knows. */
    readonly known: readonly string[],
  ) {
    this.executor = new MigrationExecutor(dataSource, runner);
  }

  /** Connects and begins the transaction. @param ownerUrl a login that may create tables */
  static async open(ownerUrl: string, migrations: MigrationList): Promise<Schema> {
    const dataSource = await new DataSource({
      type: 'postgres',
      driver: pg,
      url: ownerUrl,
      migrations: [...migrations],
      poolSize: 1,
      poolErrorHandler: () => undefined,
      applicationName: 'easel-restore',
    }).initialize();
    const runner = dataSource.createQueryRunner();
    const client = (await runner.connect()) as pg.ClientBase;
    await runner.startTransaction();
    const known = migrations.map(({ name }) => name);
    return new Schema(dataSource, runner, client, known);
  }

  /** Names of the migrations that the database has had. */
  async applied(): Promise<string[]> {
    return (await this.executor.getExecutedMigrations()).map(({ name }) => name);
  }

  /** Removes everything that the migrations made, and nothing else. */
  async takeDown(): Promise<void> {
    for (const _name of await this.applied()) await this.executor.undoLastMigration();
  }

  /** Runs those of `names` that the database has not had, in their order. */
  async build(names: readonly string[]): Promise<void> {
    for (const migration of await this.executor.getPendingMigrations()) {
      if (names.includes(migration.name)) await this.executor.executeMigration(migration);
    }
  }

  commit(): Promise<void> {
    return this.runner.commitTransaction();
  }

  /** Undoes whatever was not committed, and disconnects. */
  async close(): Promise<void> {
    if (this.runner.isTransactionActive) {
      await this.runner.rollbackTransaction().catch(() => undefined);
    }
    await this.dataSource.destroy().catch(() => undefined);
  }
}
