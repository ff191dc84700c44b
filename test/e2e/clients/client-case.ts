import type { Bench } from './bench.js';

/** The columns of the table in `docs/clients.md`, in its order. */
export const FEATURES = {
  models: 'models list',
  b64: 'generate, b64',
  url: 'generate, url',
  several: 'n > 1',
  'edit-one': 'edit one',
  'edit-several': 'edit several',
  mask: 'mask',
  'stream-generate': 'stream',
  'stream-edit': 'stream an edit',
  errors: 'errors',
  retries: 'retries',
} as const;

export type Feature = keyof typeof FEATURES;

/** One thing that a user of a client does, and what must have come of it. */
export interface ClientCase {
  readonly feature: Feature;
  /** What is special about this one, for the name of the test. */
  readonly how: string;
  /** Gives the files that the client's user ends up with. */
  readonly run: (bench: Bench) => Promise<readonly Buffer[]>;
  /** The decoded size of each file, `WxH`. */
  readonly pictures: readonly string[];
  /** Credits. */
  readonly charge: number;
  /** Calls that the upstream got; 0 where the picture is drawn on this machine. */
  readonly calls: number;
}

/** A client of ours, with everything that was tried of it: the row of a table, and its tests. */
export interface Client {
  readonly name: string;
  /** The package that was run, as in `package.json`; null: requests of the client's shape were sent. */
  readonly package: string | null;
  /** What it has no way to ask for. */
  readonly notOffered: readonly Feature[];
  readonly cases: readonly ClientCase[];
}

export const SQUARE = '1024x1024';
export const PROMPT = 'a lighthouse above a stormy sea';

/** Credits per picture up to 1k in the shipped catalog, and who draws it. */
export const UPSTREAM = { model: 'gpt-image-2', charge: 2, calls: 1 } as const;
export const HERE = { model: 'easel-sketch', charge: 1, calls: 0 } as const;

/** What a case of one square picture comes to. */
export function onePicture({ charge, calls }: { charge: number; calls: number }) {
  return { pictures: [SQUARE], charge, calls };
}

/** What a refused request comes to. */
export const NOTHING = { pictures: [], charge: 0, calls: 0 } as const;
