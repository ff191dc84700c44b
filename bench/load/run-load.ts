import { Pool } from 'undici';
import { median } from '../figures.js';
import { linkOf, problemOf } from './checks.js';
import type { Job, LoadResult } from './job.js';
import { requestOf } from './requests.js';

/** Of one answer. */
interface Sample {
  readonly number: number;
  readonly ms: number;
  readonly ownUs: number | null;
  readonly problem: string | null;
  readonly link: string | null;
}

const ANSWER_TIMEOUT_MS = 120_000;
const LINKS_FOLLOWED = 20;

/** Closed loops against one contender; never more than `concurrency` requests at once. */
export async function runLoad(job: Job): Promise<LoadResult> {
  const pool = new Pool(job.door.origin, {
    connections: job.concurrency,
    pipelining: 1,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  });
  const samples: Sample[] = [];
  const begun = performance.now();
  const end = begun + job.seconds * 1000;
  const worker = async () => {
    while (performance.now() < end) samples.push(await ask(pool, job));
  };
  await Promise.all(Array.from({ length: job.concurrency }, worker));
  const seconds = (performance.now() - begun) / 1000;
  await pool.close();
  return summary(job, samples, seconds);
}

async function ask(pool: Pool, { door, kind, latencyMs }: Job): Promise<Sample> {
  const out = await requestOf(kind, latencyMs);
  const { number } = out;
  const begun = performance.now();
  try {
    const answer = await pool.request({
      method: 'POST',
      path: out.path,
      headers: { ...door.headers, ...out.headers },
      body: out.body,
    });
    const body = Buffer.from(await answer.body.arrayBuffer());
    const ms = performance.now() - begun;
    const own = answer.headers['x-stub-us'];
    const problem = problemOf(kind, { status: answer.statusCode, body, sent: out.body });
    const link = kind === 'url' && problem === null ? linkOf(body) : null;
    return { number, ms, ownUs: own === undefined ? null : Number(own), problem, link };
  } catch (error) {
    const ms = performance.now() - begun;
    return { number, ms, ownUs: null, problem: (error as Error).message, link: null };
  }
}

async function summary(job: Job, samples: Sample[], seconds: number): Promise<LoadResult> {
  const [problem] = samples.flatMap((sample) => sample.problem ?? []);
  const own = (await (await fetch(`${job.stub}/times`)).json()) as Record<string, number>;
  const added = samples.flatMap(({ number, ms, ownUs }) => {
    const us = ownUs ?? own[number];
    return us === undefined ? [] : [ms - us / 1000];
  });
  return {
    requests: samples.length,
    seconds,
    p50Ms: median(samples.map(({ ms }) => ms)),
    addedP50Ms: added.length > 0 ? median(added) : null,
    example: problem ?? null,
    links: samples.flatMap(({ link }) => link ?? []).slice(0, LINKS_FOLLOWED),
  };
}
