/** Where an upstream differs from OpenAI's own API (`quirks` of an upstream). */
export interface Quirks {
  /** Fields left out of the request, by their OpenAI name. */
  readonly dropParams: readonly string[];
  /** OpenAI name → this upstream's name. */
  readonly renameParams: Readonly<Record<string, string>>;
  /** OpenAI name of a field → value asked for → value sent, for names this upstream draws by another model. */
  readonly mapValues: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Fields added to every request, in the upstream's own words. */
  readonly extraParams: Readonly<Record<string, unknown>>;
  /** Fields beyond the catalog's that native requests of the AI-relay surface may carry, passed on as they came. */
  readonly passParams: readonly string[];
  /** `size: 1024x1024`, or `aspect_ratio: 1:1` without or with `resolution: 1k`. */
  readonly sizeMode: 'WxH' | 'ratio' | 'ratio+resolution';
  /** `fanout`: one image per call, `n` is never sent. */
  readonly nMode: 'native' | 'fanout';
  readonly supportsUrl: boolean;
  readonly supportsB64: boolean;
  /**
   * Appended to the base URL's path; `{model}` is the upstream's model name. Edits
   * have the same path with `edits` in the place of `generations`.
   */
  readonly pathTemplate: string;
  /** How edits are sent; `json` carries the images as data URLs. */
  readonly editMode: 'multipart' | 'json' | 'none';
  /** The name of the images in an edit; without one `image`, and of several `image[]` or `images`. */
  readonly imageField?: 'image' | 'image[]' | 'images';
  /** Carries the key as it is; `authorization` carries it as a bearer token. */
  readonly authHeader: string;
  /** The upstream's status → the status OpenAI would have answered. */
  readonly statusMap: Readonly<Record<string, number>>;
  /** Send the generation's id as `Idempotency-Key`. */
  readonly idempotencyKey: boolean;
  /** `false`: `stream` and `partial_images` are never sent; one answer brings all images. */
  readonly supportsStream: boolean;
}

const DEFAULTS: Quirks = {
  dropParams: [],
  renameParams: {},
  mapValues: {},
  extraParams: {},
  passParams: [],
  sizeMode: 'WxH',
  nMode: 'native',
  supportsUrl: true,
  supportsB64: true,
  pathTemplate: '/images/generations',
  editMode: 'multipart',
  authHeader: 'authorization',
  statusMap: {},
  idempotencyKey: false,
  supportsStream: true,
};

const HEADER_NAME = /^[a-z0-9-]{1,64}$/i;
const PATH = /^\/[\w\-./:{}~%]*(?:|\?[\w\-.~%=&:]*)$/;
const PASSED_NAME = /^[a-z][a-z0-9_]{0,63}$/i;
/** What a request says by itself: nobody may say it twice, or past the catalog. */
const OWN: ReadonlySet<string> = new Set([
  ...['model', 'prompt', 'n', 'size', 'aspect_ratio', 'resolution', 'quality', 'style'],
  ...['background', 'output_format', 'output_compression', 'moderation', 'thinking_level'],
  ...['complexity', 'frame_count', 'frame_duration_ms', 'input_fidelity', 'user'],
  ...['safety_identifier', 'stream', 'partial_images', 'response_format'],
  ...['image', 'images', 'mask', '__proto__', 'constructor', 'prototype'],
]);
/** Headers that belong to the connection or the body; a key in one of them breaks the request. */
const TAKEN_HEADERS = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
]);

type Rule = readonly [accepts: (value: unknown) => boolean, expected: string];

const isBoolean: Rule = [(value) => typeof value === 'boolean', 'true or false'];

const RULES: Readonly<Record<keyof Quirks, Rule>> = {
  dropParams: [isDropList, 'a list of field names without prompt'],
  renameParams: [isRenameMap, 'a map of field names'],
  mapValues: [isValueMap, 'a map of field names to maps of values'],
  extraParams: [isExtraMap, 'a map of fields without model, prompt and n'],
  passParams: [isPassList, 'a list of field names that the request does not have itself'],
  sizeMode: oneOf('WxH', 'ratio', 'ratio+resolution'),
  nMode: oneOf('native', 'fanout'),
  supportsUrl: isBoolean,
  supportsB64: isBoolean,
  pathTemplate: [isPath, 'a path that begins with /'],
  authHeader: [isAuthHeader, 'the name of a header of its own'],
  statusMap: [isStatusMap, 'a map of statuses from 300 to 599 to statuses from 400 to 599'],
  idempotencyKey: isBoolean,
  editMode: oneOf('multipart', 'json', 'none'),
  imageField: oneOf('image', 'image[]', 'images'),
  supportsStream: isBoolean,
};

/** Names every quirk that is unknown, ill-typed or at odds with another. */
export function checkQuirks(quirks: Readonly<Record<string, unknown>>): string[] {
  const problems = Object.entries(quirks).flatMap(([name, value]) => checkQuirk(name, value));
  if (quirks['supportsUrl'] === false && quirks['supportsB64'] === false) {
    problems.push('quirks.supportsUrl and quirks.supportsB64 must not both be false');
  }
  if (quirks['nMode'] === 'fanout' && quirks['idempotencyKey'] === true) {
    // Every call of a fan-out would carry the same key and get the same picture.
    problems.push('quirks.idempotencyKey must not be true with nMode fanout');
  }
  return problems;
}

/** Quirks that `checkQuirks` has passed, completed with the defaults. */
export function readQuirks(quirks: Readonly<Record<string, unknown>>): Quirks {
  return { ...DEFAULTS, ...quirks };
}

function checkQuirk(name: string, value: unknown): string[] {
  if (!Object.hasOwn(RULES, name)) return [`quirks.${name} is unknown`];
  const [accepts, expected] = RULES[name as keyof typeof RULES];
  return accepts(value) ? [] : [`quirks.${name} must be ${expected}`];
}

function oneOf(...values: string[]): Rule {
  return [(value) => values.includes(value as string), values.join(' or ')];
}

function isDropList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isName) && !value.includes('prompt');
}

function isPassList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((name) => typeof name === 'string' && PASSED_NAME.test(name) && !OWN.has(name))
  );
}

function isRenameMap(value: unknown): boolean {
  return isMap(value) && Object.values(value).every(isName);
}

function isValueMap(value: unknown): boolean {
  return isMap(value) && Object.values(value).every(isRenameMap);
}

function isExtraMap(value: unknown): boolean {
  return isMap(value) && !['model', 'prompt', 'n'].some((name) => Object.hasOwn(value, name));
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && PATH.test(value);
}

function isAuthHeader(value: unknown): boolean {
  if (typeof value !== 'string' || !HEADER_NAME.test(value)) return false;
  return !TAKEN_HEADERS.has(value.toLowerCase());
}

function isStatusMap(value: unknown): boolean {
  if (!isMap(value)) return false;
  return Object.entries(value).every(
    ([from, to]) =>
      /^[345]\d\d$/.test(from) && typeof to === 'number' && /^[45]\d\d$/.test(`${to}`),
  );
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
