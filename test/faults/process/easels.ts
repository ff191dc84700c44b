import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { ADMIN_KEY, stubUpstream } from '../../support/app.js';
import { EaselProcess, freePort } from '../../support/easel-process.js';
import type { GuardedFolder } from '../../support/guarded-folder.js';

export type Role = 'all' | 'api' | 'worker';

/** What every process of a cluster is started with. */
export interface Setting {
  readonly folder: GuardedFolder;
  readonly databaseUrl: string;
  /** Origin of the upstream, as Easel reaches it. */
  readonly upstream: string;
  readonly maxConcurrent: number;
  readonly env?: Readonly<Record<string, string>>;
}

const RESTART_MS = 200;

/** One place in the cluster: a role and a port. A process that ends is replaced by the next. */
export class Easel {
  private process: EaselProcess;
  private ending = false;

  private constructor(
    readonly role: Role,
    private readonly port: string,
    private readonly start: () => EaselProcess,
  ) {
    this.process = this.occupy();
  }

  /** The built program, on a port of its own. */
  static async start(setting: Setting, role: Role): Promise<Easel> {
    const port = String(await freePort());
    const env = await environment(setting, role, port);
    return new Easel(role, port, () => new EaselProcess(setting.folder, { env }));
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when a process serves here, however many it takes. */
  async listening(): Promise<void> {
    for (;;) {
      const { process } = this;
      if (
        await process.listening().then(
          () => true,
          () => false,
        )
      )
        return;
      while (process === this.process) await sleep(RESTART_MS / 4);
    }
  }

  /** kill -9; the next one starts as soon as a service manager would start it. */
  async kill(): Promise<void> {
    await this.process.kill();
  }

  /** SIGTERM. @returns the exit code */
  stop(): Promise<number | null> {
    return this.process.stop();
  }

  /** For good. */
  async end(): Promise<void> {
    this.ending = true;
    await this.process.kill();
  }

  /** Log lines of the process that is here now, of level error. */
  complaints(): string[] {
    return this.process.output.filter((line) => line.includes('"level":"error"'));
  }

  private occupy(): EaselProcess {
    const process = this.start();
    void process.exitCode.then(async () => {
      if (this.ending) return;
      await sleep(RESTART_MS);
      this.process = this.occupy();
    });
    return process;
  }
}

async function environment(
  setting: Setting,
  role: Role,
  port: string,
): Promise<Record<string, string>> {
  const { folder, databaseUrl, upstream, maxConcurrent, env } = setting;
  const upstreams = join(folder.path, 'upstreams.yaml');
  const stub = stubUpstream(`${upstream}/v1`, { maxConcurrent });
  await writeFile(upstreams, stringify({ upstreams: [stub] }));
  return {
    ROLE: role,
    PORT: port,
    DATABASE_URL: databaseUrl,
    DATA_DIR: join(folder.path, 'data'),
    MASTER_KEY: 'a master key for rigs, 32 characters',
    ADMIN_API_KEY: ADMIN_KEY,
    UPSTREAMS_FILE: upstreams,
    STUB_API_KEY: 'sk-stub-upstream-key',
    LOG_LEVEL: 'error',
    ...env,
  };
}

export interface Customer {
  readonly accountId: string;
  readonly secret: string;
  readonly mode: 'live' | 'test';
}

/** The operator's API of any process that is up. */
export class Operator {
  private made = 0;

  constructor(private readonly origin: () => string) {}

  async givenCustomer(credits: number, mode: 'live' | 'test' = 'live'): Promise<Customer> {
    const email = `rig-${(this.made += 1)}-${Date.now()}@example.com`;
    const { id } = await this.post<{ id: string }>('accounts', { email });
    await this.post(`accounts/${id}/grants`, { amount: credits });
    const key = { name: 'rig', mode };
    const { secret } = await this.post<{ secret: string }>(`accounts/${id}/api-keys`, key);
    return { accountId: id, secret, mode };
  }

  /** The rules of docs/ledger.md that are broken now. */
  async ledgerViolations(): Promise<string[]> {
    const report = await this.call<{ violations: { rule: string; count: number }[] }>(
      'ledger/check',
    );
    return report.violations.map(({ rule, count }) => `${count} × ledger: ${rule}`);
  }

  private post<T>(path: string, body: object): Promise<T> {
    return this.call<T>(path, { method: 'POST', body: JSON.stringify(body) });
  }

  private async call<T>(path: string, init: RequestInit = {}): Promise<T> {
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
    const answer = await fetch(`${this.origin()}/admin/v1/${path}`, { ...init, headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}
