import type { UpstreamConfig } from '../../../src/upstreams/upstream-config.js';

export interface UpstreamPlan {
  readonly config: UpstreamConfig;
  readonly hasTasks: boolean;
}

/** What the catalog of the simulated world sells, and what is special about each. */
export const MODELS = {
  /** One upstream, that must not be asked twice. */
  plain: 'plain',
  /** Two upstreams, the second safe to repeat. */
  spread: 'spread',
  /** One upstream that is safe to repeat. */
  repeatable: 'repeatable',
  /** An upstream that works on tasks. */
  task: 'task',
  /** Hardly any room: most wait in the queue. */
  narrow: 'narrow',
} as const;

export type ModelName = keyof typeof MODELS;

const ATTEMPT_SECONDS = 30;

function plan(
  name: string,
  models: readonly ModelName[],
  change: Partial<UpstreamConfig> = {},
  hasTasks = false,
): UpstreamPlan {
  const config: UpstreamConfig = {
    name,
    provider: 'simulated',
    baseUrl: null,
    apiKeyEnv: null,
    priority: 0,
    weight: 1,
    maxConcurrent: 12,
    attemptTimeoutSeconds: ATTEMPT_SECONDS,
    allowPrivateNetwork: false,
    exposeLinks: false,
    safeToRepeat: false,
    trusted: true,
    demo: false,
    models: new Map(models.map((model) => [model, { upstreamModel: model, quirks: {} }])),
    quirks: {},
    ...change,
  };
  return { config, hasTasks };
}

export const UPSTREAMS: readonly UpstreamPlan[] = [
  plan('first', ['plain', 'spread'], { priority: 1 }),
  plan('second', ['spread', 'repeatable'], { safeToRepeat: true }),
  plan('tasks', ['task'], {}, true),
  plan('narrow', ['narrow'], { maxConcurrent: 1 }),
];

/** Draws for test keys. */
export const RENDERER = plan('local', [], {
  provider: 'local-renderer',
  safeToRepeat: true,
  maxConcurrent: 8,
});

export function isRepeatable(upstream: string): boolean {
  const known = [...UPSTREAMS, RENDERER].find(({ config }) => config.name === upstream);
  return known?.config.safeToRepeat ?? false;
}
