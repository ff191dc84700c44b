import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import {
  asHeader,
  asRowCount,
  asSecrets,
  asSequences,
  asTable,
  asTrailer,
  type Header,
  type Secrets,
  type TableSection,
} from './format.js';

const CHUNK_BYTES = 64 * 1024;
/** No line but a row's is ever longer; a damaged file must not fill the memory. */
const LONGEST_LINE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const DOT = 0x2e;

export interface BackupContents {
  readonly header: Header;
  readonly masterKey: Secrets['masterKey'];
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
  readonly sequences: Readonly<Record<string, string>>;
  readonly sha256: string;
}

/** Is given each table in turn with its rows as they come, to read them all or not at all. */
export type TableVisitor = (section: TableSection, rows: AsyncIterable<Buffer>) => Promise<void>;

/**
 * Reads a backup from its first byte to its last, at the visitor's pace, and
 * checks all of it. Only when this has resolved was the file whole.
 *
 * @throws Error in words for the operator when the file is none, cut short or damaged; what the
 * visitor throws passes as it is
 */
export async function readBackup(file: string, visit: TableVisitor): Promise<BackupContents> {
  const input = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  input.once('error', (error) => gunzip.destroy(error));
  input.pipe(gunzip);
  try {
    return await new BackupReader(file, gunzip).read(visit);
  } finally {
    input.destroy();
    gunzip.destroy();
  }
}

class BackupReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private readonly hash = createHash('sha256');
  /** What was read and not given out yet. */
  private rest: Buffer = Buffer.alloc(0);

  constructor(
    private readonly file: string,
    gunzip: Readable,
  ) {
    this.chunks = (gunzip as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  async read(visit: TableVisitor): Promise<BackupContents> {
    const header = this.checked(asHeader, await this.hashedLine());
    const { masterKey } = this.checked(asSecrets, await this.hashedLine());
    const tables: { name: string; rows: number }[] = [];
    let line = await this.hashedLine();
    for (let section; (section = this.checked(asTable, line)); line = await this.hashedLine()) {
      tables.push({ name: section.table, rows: await this.table(section, visit) });
    }
    const sequences = this.checked(asSequences, line);
    return { header, masterKey, tables, sequences, sha256: await this.trailer() };
  }

  private async table(section: TableSection, visit: TableVisitor): Promise<number> {
    const found = { rows: 0, ended: false };
    const rows = this.rows(found);
    await visit(section, rows);
    if (!found.ended) for await (const _skipped of this.rows(found));
    const expected = this.checked(asRowCount, await this.hashedLine());
    if (found.rows === expected) return expected;
    throw this.unusable(`it is damaged: ${section.table} has ${found.rows} rows of ${expected}`);
  }

  /**
   * The rows up to their end mark, in pieces as they come: a piece may end within
   * a row, so that a row of any length passes.
   */
  private async *rows(found: { rows: number; ended: boolean }): AsyncGenerator<Buffer> {
    let withinRow = false;
    for (;;) {
      let at = 0;
      for (let end; (end = this.rest.indexOf(NEWLINE, at)) >= 0; at = end + 1) {
        if (!withinRow && isEndMark(this.rest, at, end)) {
          if (at > 0) yield this.take(at);
          this.take(end + 1 - at);
          found.ended = true;
          return;
        }
        withinRow = false;
        found.rows += 1;
      }
      // Two bytes at the beginning of a line may be those of the end mark.
      withinRow ||= this.rest.length - at > 2;
      const given = withinRow ? this.rest.length : at;
      if (given > 0) yield this.take(given);
      await this.more();
    }
  }

  private async trailer(): Promise<string> {
    const computed = this.hash.digest('hex');
    const line = await this.line();
    const sha256 = this.checked(asTrailer, parse(line));
    if (sha256 !== computed) throw this.unusable('it is damaged: its SHA-256 is another');
    const { done } = await this.next();
    if (this.rest.length > 0 || !done) throw this.unusable('it goes on after its end');
    return sha256;
  }

  private async hashedLine(): Promise<unknown> {
    const line = await this.line();
    this.hash.update(line);
    return this.checked(parse, line);
  }

  private async line(): Promise<Buffer> {
    for (;;) {
      const end = this.rest.indexOf(NEWLINE);
      if (end >= 0) {
        const line = this.rest.subarray(0, end + 1);
        this.rest = this.rest.subarray(end + 1);
        return line;
      }
      if (this.rest.length > LONGEST_LINE_BYTES) throw this.unusable('it is no backup of Easel');
      await this.more();
    }
  }

  private take(bytes: number): Buffer {
    const taken = this.rest.subarray(0, bytes);
    this.hash.update(taken);
    this.rest = this.rest.subarray(bytes);
    return taken;
  }

  private async more(): Promise<void> {
    const { done, value } = await this.next();
    if (done) throw this.unusable('it is cut short');
    this.rest = this.rest.length === 0 ? value : Buffer.concat([this.rest, value]);
  }

  private async next(): Promise<IteratorResult<Buffer, unknown>> {
    try {
      return await this.chunks.next();
    } catch (error) {
      throw this.unusable(explain(error as NodeJS.ErrnoException));
    }
  }

  private checked<I, O>(convert: (value: I) => O, value: I): O {
    try {
      return convert(value);
    } catch (error) {
      throw this.unusable((error as Error).message);
    }
  }

  private unusable(reason: string): Error {
    return new Error(`${this.file} cannot be used: ${reason}.`);
  }
}

function isEndMark(bytes: Buffer, from: number, to: number): boolean {
  return to - from === 2 && bytes[from] === BACKSLASH && bytes[from + 1] === DOT;
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8')) as unknown;
  } catch {
    throw new Error('it is damaged: a line is not as it should be');
  }
}

function explain({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'Z_BUF_ERROR') return 'it is cut short';
  if (code?.startsWith('Z_')) return `it is damaged, or no backup of Easel (${message})`;
  return message;
}
