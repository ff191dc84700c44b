import { CpuMeter } from './cpu.js';
import type { Contender } from './contenders/contender.js';
import { median } from './figures.js';
import type { Kind } from './kinds.js';
import type { Workbench } from './workbench.js';

export interface Load {
  readonly kind: Kind;
  readonly concurrency: number;
  readonly latencyMs?: number;
}

/** One contender under one load in one round. */
export interface Sample {
  readonly requests: number;
  /** µs per request, of the contender and of PostgreSQL. */
  readonly cpu: number;
  readonly postgresCpu: number;
  readonly p50Ms: number;
  readonly addedP50Ms: number | null;
  readonly wrong: string | null;
}

/** Code is compiled and connections are made before anything is counted. */
const WARM_UP_SHARE = 0.2;

/** CPU is read when nothing is in flight, before and after. */
export async function measure(
  bench: Workbench,
  contender: Contender,
  { kind, concurrency, latencyMs = 0 }: Load,
): Promise<Sample> {
  const { seconds } = bench.settings;
  const job = { door: contender.door, kind, concurrency, latencyMs };
  const warm = await bench.run({ ...job, seconds: seconds * WARM_UP_SHARE });
  const own = await CpuMeter.start([contender.pid]);
  const server = await CpuMeter.start(await bench.postgres.pids());
  const result = await bench.run({ ...job, seconds });
  const cpu = (await own.stop([contender.pid])) / result.requests;
  const postgresCpu = (await server.stop(await bench.postgres.pids())) / result.requests;
  const problem = result.example ?? warm.example ?? (await bench.follow(result.links));
  return {
    requests: result.requests,
    cpu,
    postgresCpu,
    p50Ms: result.p50Ms,
    addedP50Ms: result.addedP50Ms,
    wrong: problem && `${contender.name}, ${kind}: ${problem}`,
  };
}

/** The samples of all rounds by load and contender. */
export class Rounds {
  private readonly samples = new Map<string, Sample[]>();

  add(load: string, contender: string, sample: Sample): void {
    const key = `${load} / ${contender}`;
    this.samples.set(key, [...(this.samples.get(key) ?? []), sample]);
  }

  /** Median over the rounds; null for what was not measured or answered wrongly. */
  of(load: string, contender: string, figure: (sample: Sample) => number | null): number | null {
    const found = this.samples.get(`${load} / ${contender}`) ?? [];
    if (found.length === 0 || this.failed(load, contender)) return null;
    const values = found.map(figure).filter((value) => value !== null);
    return values.length > 0 ? median(values) : null;
  }

  /** A contender that cannot do something is not asked for it again. */
  failed(load: string, contender: string): boolean {
    return (this.samples.get(`${load} / ${contender}`) ?? []).some(({ wrong }) => wrong !== null);
  }

  wrong(contender: string): string[] {
    const all = [...this.samples].filter(([key]) => key.endsWith(` / ${contender}`));
    return all.flatMap(([, samples]) => samples.flatMap(({ wrong }) => wrong ?? []));
  }
}

/** Null when either is unknown. */
export function ratio(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b;
}
