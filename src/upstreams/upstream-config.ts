/** What one model needs at one upstream, where it differs. */
export interface ModelRoute {
  /** The upstream's own name; the catalog's when left out. */
  readonly upstreamModel: string;
  readonly quirks: Readonly<Record<string, unknown>>;
}

/** One entry of `config/upstreams.yaml`, checked and with its defaults filled in. */
export interface UpstreamConfig {
  readonly name: string;
  readonly provider: string;
  readonly baseUrl: string | null;
  readonly apiKeyEnv: string | null;
  /** Higher first. */
  readonly priority: number;
  /** Share among equals, by load in flight. */
  readonly weight: number;
  /** Generations at once. */
  readonly maxConcurrent: number;
  readonly attemptTimeoutSeconds: number;
  readonly allowPrivateNetwork: boolean;
  /** Native AI-relay answers may carry this upstream's own links. */
  readonly exposeLinks: boolean;
  /** An attempt whose outcome is unknown may be sent again. */
  readonly safeToRepeat: boolean;
  /** Its pictures are not decoded pixel by pixel before they are stored. */
  readonly trusted: boolean;
  readonly demo: boolean;
  /** `'*'`: every model of the catalog, under its own name. */
  readonly models: '*' | ReadonlyMap<string, ModelRoute>;
  readonly quirks: Readonly<Record<string, unknown>>;
}

const DEFAULTS = {
  baseUrl: null,
  apiKeyEnv: null,
  priority: 0,
  weight: 1,
  maxConcurrent: 50,
  attemptTimeoutSeconds: 600,
  allowPrivateNetwork: false,
  exposeLinks: false,
  safeToRepeat: false,
  trusted: true,
  demo: false,
  quirks: {},
} as const;

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value.length > 0;
const isFlag: Check = (value) => typeof value === 'boolean';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isInteger =
  (min: number, max: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max;

/** Key → what it takes. The list of keys is closed: a misspelt one is a problem, not a no-op. */
const KEYS: Readonly<Record<string, readonly [Check, string]>> = {
  name: [
    (value) => typeof value === 'string' && /^[a-z0-9][a-z0-9-]{0,62}$/.test(value),
    'lower-case letters, digits and dashes, at most 63',
  ],
  provider: [isText, 'a provider kind'],
  baseUrl: [isText, 'a URL'],
  apiKeyEnv: [
    (value) => typeof value === 'string' && /^[A-Z][A-Z0-9_]{0,127}$/.test(value),
    'the name of an environment variable',
  ],
  priority: [isInteger(-1000, 1000), 'an integer from -1000 to 1000'],
  weight: [isInteger(1, 1000), 'an integer from 1 to 1000'],
  maxConcurrent: [isInteger(1, 100_000), 'an integer from 1 to 100000'],
  attemptTimeoutSeconds: [isInteger(1, 3600), 'an integer from 1 to 3600'],
  allowPrivateNetwork: [isFlag, 'true or false'],
  exposeLinks: [isFlag, 'true or false'],
  safeToRepeat: [isFlag, 'true or false'],
  trusted: [isFlag, 'true or false'],
  demo: [isFlag, 'true or false'],
  quirks: [isObject, 'a map of quirk switches'],
  models: [
    (value) => value === '*' || Array.isArray(value) || isObject(value),
    "'*', a list of catalog names, or a map of catalog name to { upstreamModel, quirks }",
  ],
};

/**
 * Reads the document's entries and names every problem, so that one start shows
 * them all.
 */
export function parseUpstreams(document: unknown): {
  upstreams: UpstreamConfig[];
  problems: string[];
} {
  const list = isObject(document) ? document.upstreams : undefined;
  if (!Array.isArray(list)) {
    return { upstreams: [], problems: ['upstreams: must be a list'] };
  }
  const problems: string[] = [];
  const upstreams = list.flatMap((entry: unknown, index) => {
    const found = isObject(entry) ? problemsOf(entry) : ['must be a map'];
    problems.push(...found.map((problem) => `upstreams[${index}].${problem}`));
    return found.length > 0 ? [] : [toConfig(entry as Record<string, unknown>)];
  });
  const names = upstreams.map(({ name }) => name);
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index))) {
    problems.push(`upstreams: the name ${name} is used twice`);
  }
  return { upstreams, problems };
}

function problemsOf(entry: Record<string, unknown>): string[] {
  const problems = ['name', 'provider', 'models']
    .filter((key) => entry[key] === undefined)
    .map((key) => `${key}: is missing`);
  for (const [key, value] of Object.entries(entry)) {
    const rule = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (!rule) problems.push(`${key}: is not a known key (${Object.keys(KEYS).join(', ')})`);
    else if (!rule[0](value)) problems.push(`${key}: must be ${rule[1]}`);
  }
  return problems;
}

function toConfig(entry: Record<string, unknown>): UpstreamConfig {
  return { ...DEFAULTS, ...entry, models: toRoutes(entry.models) } as UpstreamConfig;
}

function toRoutes(models: unknown): UpstreamConfig['models'] {
  if (models === '*') return '*';
  const pairs: [string, unknown][] = Array.isArray(models)
    ? models.map((name) => [String(name), {}])
    : Object.entries(models as Record<string, unknown>);
  return new Map(
    pairs.map(([name, route]) => {
      const { upstreamModel, quirks } = (isObject(route) ? route : {}) as Partial<ModelRoute>;
      return [name, { upstreamModel: upstreamModel ?? name, quirks: quirks ?? {} }];
    }),
  );
}
