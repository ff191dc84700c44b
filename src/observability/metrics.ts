import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A registry of our own: nothing that a library registers globally is exposed by accident. */
const registry = new Registry();

/** Distinct model names before the rest counts as `other`: a label must not grow without bound. */
const MAX_MODELS = 200;
const models = new Set<string>();

const requests = new Histogram({
  name: 'easel_http_request_duration_seconds',
  help: 'Time from the first byte of a request to the end of its answer.',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 30, 60, 120, 300],
  registers: [registry],
});

const generations = new Counter({
  name: 'easel_generations_total',
  help: 'Generations that ended, by how.',
  labelNames: ['status', 'mode', 'model'],
  registers: [registry],
});

const attempts = new Counter({
  name: 'easel_attempts_total',
  help: 'Calls to upstreams, by outcome.',
  labelNames: ['upstream', 'outcome'],
  registers: [registry],
});

const ledgerViolations = new Gauge({
  name: 'easel_ledger_violations',
  help: 'Broken invariants found by the last ledger check; anything but 0 needs a person.',
  registers: [registry],
});

const swept = new Counter({
  name: 'easel_retention_swept_total',
  help: 'Things removed because nobody needs them any more, by what they were.',
  labelNames: ['what'],
  registers: [registry],
});

const draining = new Gauge({
  name: 'easel_draining',
  help: '1 while this process finishes its work before it exits.',
  registers: [registry],
});

const poolConnections = new Gauge({
  name: 'easel_pool_connections',
  help: 'Connections of a pool by state, and callers waiting for one.',
  labelNames: ['pool', 'state'],
  registers: [registry],
  collect: readPools,
});

export interface PoolStats {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

const pools = new Map<string, () => PoolStats>();
let started = false;
let gather = ownMetrics;

/** Adds the process's own figures (CPU, memory, event loop); once per process. */
export function startMetrics(): void {
  if (started) return;
  started = true;
  collectDefaultMetrics({ register: registry });
}

/** One answered request. `route` is the pattern, never the path; `seconds` its whole duration. */
export function observeRequest(
  method: string,
  route: string,
  status: number,
  seconds: number,
): void {
  const statusClass = `${Math.floor(status / 100)}xx`;
  requests.observe({ method, route, status: statusClass }, seconds);
}

/** One generation that ended. `model` is the catalog's name, never the client's text. */
export function countGeneration(status: string, mode: string, model: string): void {
  generations.inc({ status, mode, model: boundedModel(model) });
}

/** One call to an upstream that ended, under the upstream's configured name. */
export function countAttempt(upstream: string, outcome: string): void {
  attempts.inc({ upstream, outcome });
}

export function setLedgerViolations(count: number): void {
  ledgerViolations.set(count);
}

/** @param what the name of a sweeper */
export function countSwept(what: string, count: number): void {
  swept.inc({ what }, count);
}

export function setDraining(): void {
  draining.set(1);
}

/** Reports a pool whenever metrics are read; the same name replaces the earlier pool. */
export function watchPool(pool: string, read: () => PoolStats): void {
  pools.set(pool, read);
}

/** Everything in Prometheus' text format, with its media type. */
export async function renderMetrics(): Promise<{ contentType: string; text: string }> {
  return { contentType: registry.contentType, text: await gather() };
}

/** This process's samples alone. */
export function ownMetrics(): Promise<string> {
  return registry.metrics();
}

/**
 * For one of several processes that are scraped at one address: its samples
 * carry its name, so that no counter of the whole falls when one is restarted.
 *
 * @param name bounded: the process that replaces this one has the same
 * @param gatherAll the samples of all of them
 */
export function shareMetrics(name: string, gatherAll: () => Promise<string>): void {
  registry.setDefaultLabels({ process: name });
  gather = gatherAll;
}

function readPools(): void {
  for (const [pool, read] of pools) {
    const { total, idle, waiting } = read();
    poolConnections.set({ pool, state: 'idle' }, idle);
    poolConnections.set({ pool, state: 'busy' }, total - idle);
    poolConnections.set({ pool, state: 'waiting' }, waiting);
  }
}

function boundedModel(model: string): string {
  if (models.has(model)) return model;
  if (models.size >= MAX_MODELS) return 'other';
  models.add(model);
  return model;
}
