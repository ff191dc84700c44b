import type { RateState } from './rate-limits.service.js';

/** The `x-ratelimit-*` headers that OpenAI clients read. */
export function rateHeaders({ limit, remaining, resetMs }: RateState): Record<string, string> {
  return {
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': formatDuration(resetMs),
  };
}

/** Milliseconds in OpenAI's way (Go's durations): `120ms`, `1s`, `8.64s`, `6m0s`, `1h0m0s`. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms));
  if (whole > 0 && whole < 1000) return `${whole}ms`;
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor(whole / 60_000) % 60;
  const seconds = `${(whole % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
