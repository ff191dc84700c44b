const MAX_RETRY_AFTER_SECONDS = 3600;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Whole seconds an upstream asks us to wait, at most an hour: `retry-after-ms`
 * first, then `retry-after` as seconds or as an HTTP date. Undefined when it
 * says nothing we understand. `now` in ms since the epoch.
 */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const milliseconds = readNumber(headers['retry-after-ms']);
  const seconds =
    milliseconds === undefined ? readSeconds(headers['retry-after'], now) : milliseconds / 1000;
  return seconds === undefined ? undefined : limit(seconds);
}

function readSeconds(value: string | string[] | undefined, now: number): number | undefined {
  const seconds = readNumber(value);
  if (seconds !== undefined) return seconds;
  const date = typeof value === 'string' && /[a-z]/i.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? undefined : (date - now) / 1000;
}

function readNumber(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\s*\d{1,12}(?:|\.\d{1,6})\s*$/.test(value)
    ? Number(value)
    : undefined;
}

function limit(seconds: number): number {
  return Math.min(Math.max(Math.ceil(seconds), 0), MAX_RETRY_AFTER_SECONDS);
}
