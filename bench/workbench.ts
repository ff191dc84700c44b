import { GuardedFolder } from '../test/support/guarded-folder.js';
import { Child } from './child.js';
import type { Job, LoadResult, Order, Reply, Stall } from './load/job.js';
import { MEASURED_CORE, OTHER_CORE, pin, whyNotPinned } from './machine.js';
import { Postgres } from './postgres.js';
import type { Settings } from './settings.js';

/**
 * What every part needs: a folder, PostgreSQL, the upstream stub and the load
 * generator, on one core; whatever is measured is put on the other.
 */
export class Workbench {
  private constructor(
    readonly settings: Settings,
    readonly say: (line: string) => void,
    readonly folder: GuardedFolder,
    readonly postgres: Postgres,
    private readonly upstream: { readonly child: Child; readonly origin: string },
    private readonly load: Child,
    private readonly pinned: boolean,
  ) {}

  static async open(settings: Settings, say: (line: string) => void): Promise<Workbench> {
    const unpinned = await whyNotPinned();
    // Before anything is started, so that everything starts there.
    if (unpinned === null) await pin(process.pid, OTHER_CORE);
    else say(`not pinned to cores: ${unpinned}`);
    const folder = await GuardedFolder.make();
    const postgres = await Postgres.start(`${folder.path}/postgres`);
    say(await postgres.describe());
    const child = Child.program(folder, 'stub/main.ts');
    const origin = `http://127.0.0.1:${await child.ready()}`;
    const load = Child.program(folder, 'load/main.ts', [], { obeys: true });
    const upstream = { child, origin };
    return new Workbench(settings, say, folder, postgres, upstream, load, unpinned === null);
  }

  /** Of the upstream stub. */
  get stub(): string {
    return this.upstream.origin;
  }

  async putOnMeasuredCore(pid: number): Promise<void> {
    if (this.pinned) await pin(pid, MEASURED_CORE);
  }

  async run(job: Omit<Job, 'stub'>): Promise<LoadResult> {
    const reply = await this.order({ run: { ...job, stub: this.stub } });
    if (!('result' in reply)) throw new Error('the load generator answered something else');
    return reply.result;
  }

  /** Null when every link leads to the picture that was answered; else what is wrong. */
  async follow(links: readonly string[]): Promise<string | null> {
    const reply = await this.order({ follow: links });
    if (!('followed' in reply)) throw new Error('the load generator answered something else');
    return reply.followed.example;
  }

  /** Readers that stand still until `release`. */
  async stall(stall: Stall): Promise<void> {
    await this.order({ stall });
  }

  async release(): Promise<void> {
    await this.order({ release: true });
  }

  async close(): Promise<void> {
    await this.load.stop();
    await this.upstream.child.stop();
    await this.postgres.stop();
    await this.folder.remove();
  }

  private async order(order: Order): Promise<Reply> {
    const reply = await this.load.ask<Reply>(order);
    if ('failed' in reply) throw new Error(`the load generator failed: ${reply.failed}`);
    return reply;
  }
}
