const PREFIX = Buffer.from('Exif\0\0', 'latin1');
const GPS_IFD = 0x8825;
/** Tags that point to further directories: EXIF and interoperability. */
const SUB_IFDS: ReadonlySet<number> = new Set([0x8769, 0xa005]);
const MAX_DIRECTORIES = 8;
const ENTRY_BYTES = 12;
/** Bytes of one value by TIFF type; index 0 is no type. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
/** A TIFF whose one directory is empty. */
const EMPTY_TIFF = Buffer.from('49492a0008000000000000000000', 'hex');

/**
 * Takes the GPS directory out of an EXIF block, in place: the block keeps its
 * length and everything else in it. One that cannot be read is emptied if it
 * might hold a GPS directory.
 *
 * @param block TIFF, with or without `Exif\0\0` before it
 * @returns whether anything was changed
 */
export function removeGps(block: Buffer): boolean {
  const hasPrefix = block.subarray(0, PREFIX.length).equals(PREFIX);
  const tiff = hasPrefix ? block.subarray(PREFIX.length) : block;
  const directories = new Directories(tiff);
  try {
    directories.walk();
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    if (mayHoldGps(tiff)) return empty(tiff);
  }
  return directories.changed;
}

/** The block points outside itself, or in circles. */
class UnreadableError extends Error {}

class Directories {
  changed = false;
  private readonly littleEndian: boolean;
  private readonly seen = new Set<number>();

  constructor(private readonly tiff: Buffer) {
    this.littleEndian = tiff.toString('latin1', 0, 2) === 'II';
  }

  /** @throws UnreadableError */
  walk(): void {
    if (this.u16(2) !== 42) throw new UnreadableError();
    this.directory(this.u32(4));
  }

  private directory(offset: number): void {
    if (this.seen.has(offset) || this.seen.size === MAX_DIRECTORIES) throw new UnreadableError();
    this.seen.add(offset);
    for (let index = 0; index < this.u16(offset); index++) {
      const entry = offset + 2 + index * ENTRY_BYTES;
      const tag = this.u16(entry);
      const value = this.u32(entry + 8);
      if (tag === GPS_IFD) {
        this.remove(offset, index--);
        this.wipe(value);
      } else if (SUB_IFDS.has(tag)) {
        this.directory(value);
      }
    }
    const next = this.u32(this.endOf(offset));
    if (next !== 0) this.directory(next);
  }

  /** Closes the gap: later entries and the pointer to the next directory move up. */
  private remove(offset: number, index: number): void {
    const entry = offset + 2 + index * ENTRY_BYTES;
    const end = this.endOf(offset) + 4;
    const count = this.u16(offset) - 1;
    this.refuseBeyond(end);
    this.tiff.copyWithin(entry, entry + ENTRY_BYTES, end);
    this.tiff.fill(0, end - ENTRY_BYTES, end);
    if (this.littleEndian) this.tiff.writeUInt16LE(count, offset);
    else this.tiff.writeUInt16BE(count, offset);
    this.changed = true;
  }

  /** Zeroes a directory and the values it points to. */
  private wipe(offset: number): void {
    const end = this.endOf(offset);
    for (let entry = offset + 2; entry < end; entry += ENTRY_BYTES) {
      const bytes = (TYPE_BYTES[this.u16(entry + 2)] ?? 0) * this.u32(entry + 4);
      const value = this.u32(entry + 8);
      if (bytes > 4) this.zero(value, value + bytes);
    }
    this.zero(offset, end + 4);
  }

  private zero(from: number, to: number): void {
    const { length } = this.tiff;
    this.tiff.fill(0, Math.min(from, length), Math.min(to, length));
  }

  /** Where the pointer to the next directory stands. */
  private endOf(offset: number): number {
    return offset + 2 + this.u16(offset) * ENTRY_BYTES;
  }

  private u16(at: number): number {
    this.refuseBeyond(at + 2);
    return this.littleEndian ? this.tiff.readUInt16LE(at) : this.tiff.readUInt16BE(at);
  }

  private u32(at: number): number {
    this.refuseBeyond(at + 4);
    return this.littleEndian ? this.tiff.readUInt32LE(at) : this.tiff.readUInt32BE(at);
  }

  private refuseBeyond(end: number): void {
    if (end > this.tiff.length) throw new UnreadableError();
  }
}

function mayHoldGps(tiff: Buffer): boolean {
  return tiff.includes(Buffer.of(0x88, 0x25)) || tiff.includes(Buffer.of(0x25, 0x88));
}

function empty(tiff: Buffer): true {
  tiff.fill(0);
  if (tiff.length >= EMPTY_TIFF.length) EMPTY_TIFF.copy(tiff);
  return true;
}
