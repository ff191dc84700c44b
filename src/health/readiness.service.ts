import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorFunction } from '@nestjs/terminus';
import { MIGRATIONS } from '../../migrations/index.js';
import { Database } from '../database/index.js';
import { DrainService } from '../observability/drain.service.js';
import { scrub } from '../observability/scrub.js';
import { StorageHealth } from '../storage/index.js';

/** A probe that takes longer says the same as one that fails: requests would wait as well. */
const PROBE_MS = 1_000;
/** A disk is given longer: writing a small file durably may wait behind a large one. */
const STORAGE_PROBE_MS = 2_500;
/** Anybody may ask; whoever asks all the time gets the same answer this long. */
const REMEMBER_MS = 250;

/** What this process needs to serve, each with a reason an operator can act on and no address or secret. */
@Injectable()
export class ReadinessService {
  private migrated = false;

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
    private readonly storage: StorageHealth,
    private readonly drain: DrainService,
  ) {}

  checks(): HealthIndicatorFunction[] {
    return [
      () => this.probe('database', () => this.pingDatabase()),
      () => this.probe('migrations', () => this.checkMigrations()),
      () => this.probe('storage', () => this.checkStorage(), STORAGE_PROBE_MS),
      () => this.checkDraining(),
    ];
  }

  private probe(name: string, check: () => Promise<void>, ms = PROBE_MS) {
    return this.indicators.check(name).attempt(check).withTimeout(ms).cacheFor(REMEMBER_MS);
  }

  private async pingDatabase(): Promise<void> {
    await this.orSay('The database does not answer.', () =>
      this.database.query({ text: 'SELECT 1', timeoutMs: PROBE_MS }),
    );
  }

  /** A database that is ahead of this build is fine: nodes are replaced one after the other. */
  private async checkMigrations(): Promise<void> {
    if (this.migrated) return;
    const rows = await this.orSay('The applied migrations cannot be read.', () =>
      this.database.query<{ name: string }>({ text: 'SELECT name FROM migrations' }),
    );
    const applied = new Set(rows.map(({ name }) => name));
    const missing = MIGRATIONS.filter(({ name }) => !applied.has(name));
    if (missing.length > 0)
      throw new Error(`Not applied: ${missing.map((m) => m.name).join(', ')}`);
    this.migrated = true;
  }

  private async checkStorage(): Promise<void> {
    const { ok, reason } = await this.storage.check();
    if (!ok) throw new Error(scrub(reason ?? 'The image store cannot be used.'));
  }

  private checkDraining() {
    const indicator = this.indicators.check('draining');
    return this.drain.draining
      ? indicator.down('This process finishes its work and then exits.')
      : indicator.up();
  }

  /** Drivers put addresses and values into their messages; the body says what, the log says why. */
  private async orSay<T>(reason: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw new Error(reason, { cause });
    }
  }
}
