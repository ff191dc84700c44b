import type { Random } from './random.js';

/** What an I/O port belongs to; each fails in its own ways. */
export type PortKind = 'database' | 'transaction' | 'upstream' | 'storage';

/**
 * What the scheduler may do to a port call besides letting it pass:
 *
 * - `crash-before`, `crash-after`: the incarnation dies before the call, or when it
 *   has taken effect and before the answer
 * - `outage`: an error, and no effect
 * - `unknown`: an error, though it took effect
 * - `late`: an error, and the effect comes afterwards, whoever is still alive
 */
export type Fault = 'crash-before' | 'crash-after' | 'outage' | 'unknown' | 'late';

/** How rough one run is: probabilities per port call. */
export interface Weather {
  readonly crash: number;
  /** Calls that are deadlier than others in this run: work gets as far as there, again and again. */
  readonly focus: RegExp;
  readonly outage: number;
  readonly unknown: number;
  readonly late: number;
  /** An answer stays on its way while others proceed. */
  readonly slowAnswer: number;
  /** Time passes while calls are waiting. */
  readonly slowCall: number;
  /** Per step: a process stops, or goes on. */
  readonly freeze: number;
  /** Per notification: it never arrives. */
  readonly lostSignal: number;
}

const NOWHERE = /^$/;

export const CALM: Weather = {
  crash: 0,
  focus: NOWHERE,
  outage: 0,
  unknown: 0,
  late: 0,
  slowAnswer: 0,
  slowCall: 0,
  freeze: 0,
  lostSignal: 0,
};

/** Between a promise and its keeping; each run looks closely at one. */
const FOCUSES = [
  NOWHERE,
  /^relay_accept/,
  /^relay_settle/,
  /^relay_record_image/,
  /^(relay_save_task|tasks start|poll)/,
  /^relay_next_attempt/,
  /^(spool|store)$/,
  / (start|read)$/,
  /^relay_claim/,
  /^(relay_cancel|tasks cancel)/,
  /^(generations_ended|generation_find|assets_by_generations|open)/,
  /^(begin|commit|credits)/i,
];
/** Of calls that the run looks at: this share is the last of its process. */
const FOCUS_CRASH = 0.5;

/** Runs differ in what they suffer from: one with everything at once hides what one fault does. */
export function drawWeather(random: Random): Weather {
  const some = (...rates: number[]) => random.pick(rates);
  return {
    crash: some(0.01, 0.03, 0.08, 0.15, 0.25, 0.35),
    focus: random.pick(FOCUSES),
    outage: some(0, 0, 0.02, 0.08),
    unknown: some(0, 0, 0.03, 0.08),
    late: some(0, 0, 0.02, 0.06),
    slowAnswer: some(0, 0.1, 0.3),
    slowCall: some(0, 0.03, 0.1),
    freeze: some(0, 0.005, 0.02),
    lostSignal: some(0, 0.1, 1),
  };
}

/** Ports whose calls can fail without anybody dying. */
const FALLIBLE: Readonly<Record<PortKind, readonly Fault[]>> = {
  database: ['outage', 'unknown', 'late'],
  transaction: ['outage', 'unknown'],
  // What an upstream does wrong is its own behaviour, not the port's.
  upstream: [],
  storage: ['outage', 'unknown', 'late'],
};

/** Where a crash says most: between a promise and its keeping. Polls and reads say little. */
const TELLING =
  /accept|settle|attempt|record|task|start|poll|store|cancel|keep|begin|COMMIT|commit/;
const DULL = /workers_live|orphans|pending_models|worker_renew|select|settings|latch|^claim/;

export function drawFault(
  random: Random,
  weather: Weather,
  kind: PortKind,
  site: string,
): Fault | null {
  const telling = TELLING.test(site) ? 3 : DULL.test(site) ? 0.5 : 1;
  const crash = weather.focus.test(site) ? FOCUS_CRASH : weather.crash * telling;
  if (random.chance(crash)) return random.chance(0.4) ? 'crash-before' : 'crash-after';
  const rates = { outage: weather.outage, unknown: weather.unknown, late: weather.late };
  for (const fault of FALLIBLE[kind]) {
    if (random.chance(rates[fault as keyof typeof rates])) return fault;
  }
  return null;
}
