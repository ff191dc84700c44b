/** Raised when a reader of the version before could not read the file. */
export const FORMAT = 1;

/** Ends the rows of a table; in COPY's text format no row can look like it. */
export const END_OF_ROWS = '\\.';

/** The first line: what the file is. It holds no secret, so that anybody may look. */
export interface Header {
  readonly easelBackup: typeof FORMAT;
  readonly createdAt: string;
  readonly program: string;
  readonly postgres: string;
  /** Names of the migrations the tables came from, in the order they ran. */
  readonly migrations: readonly string[];
}

/** The second line. */
export interface Secrets {
  /** Null when the database never had one. */
  readonly masterKey: string | null;
}

/** Before the rows of a table, which follow in COPY's text format up to `END_OF_ROWS`. */
export interface TableSection {
  readonly table: string;
  readonly columns: readonly string[];
  /** Without the default partition, which the schema has anyway. */
  readonly partitions: readonly Partition[];
}

export interface Partition {
  readonly name: string;
  /** As PostgreSQL writes it: `FOR VALUES FROM ('…') TO ('…')`. */
  readonly bound: string;
}

/** After the rows of a table. */
export interface RowCount {
  readonly rows: number;
}

/** After the tables: sequence → the value it gave last, as text. */
export interface Sequences {
  readonly sequences: Readonly<Record<string, string>>;
}

/** The last line: over every byte before it. */
export interface Trailer {
  readonly sha256: string;
}

export function toLine(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

/** Bounds come from a file and become SQL, so nothing but plain literals may stand in one. */
export function isPlainBound(bound: string): boolean {
  return /^FOR VALUES FROM \('[\w :+.-]+'\) TO \('[\w :+.-]+'\)$/.test(bound);
}

/** @throws Error in words for the operator when the line is no header this program can read */
export function asHeader(value: unknown): Header {
  const { easelBackup, migrations } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof easelBackup !== 'number') throw new Error('it is no backup of Easel');
  if (easelBackup !== FORMAT) {
    throw new Error(
      `it has format ${easelBackup} and this Easel reads ${FORMAT}: ` +
        'restore it with the Easel that wrote it, or a newer one',
    );
  }
  return isTexts(migrations) ? (value as Header) : unexpected('header');
}

export function asSecrets(value: unknown): Secrets {
  const { masterKey } = (value ?? {}) as Partial<Secrets>;
  if (masterKey !== null && typeof masterKey !== 'string') return unexpected('secrets');
  return { masterKey };
}

export function asTable(value: unknown): TableSection | null {
  const { table, columns, partitions } = (value ?? {}) as Partial<TableSection>;
  if (typeof table !== 'string') return null;
  const whole = isTexts(columns) && Array.isArray(partitions) && partitions.every(isPartition);
  return whole ? (value as TableSection) : unexpected(`table ${table}`);
}

export function asRowCount(value: unknown): number {
  const { rows } = (value ?? {}) as Partial<RowCount>;
  return Number.isSafeInteger(rows) ? (rows as number) : unexpected('row count');
}

export function asSequences(value: unknown): Sequences['sequences'] {
  const { sequences } = (value ?? {}) as Partial<Sequences>;
  return isTexts(Object.values(sequences ?? { none: null })) ? sequences! : unexpected('sequences');
}

export function asTrailer(value: unknown): string {
  const { sha256 } = (value ?? {}) as Partial<Trailer>;
  return typeof sha256 === 'string' ? sha256 : unexpected('trailer');
}

function isPartition(value: unknown): boolean {
  const { name, bound } = (value ?? {}) as Partial<Partition>;
  return typeof name === 'string' && typeof bound === 'string' && isPlainBound(bound);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function unexpected(what: string): never {
  throw new Error(`it is damaged: the line of the ${what} is not as it should be`);
}
