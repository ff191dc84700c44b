import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * Reads letters out of a TrueType file as SVG path data.
 *
 * Text could also be left to librsvg, which asks fontconfig, which wants
 * FONTCONFIG_FILE in the environment before its first use, a cache folder it
 * may write, and on macOS is not asked at all; where any of that fails, letters
 * silently become boxes. Outlines look the same everywhere, make pictures
 * reproducible to the byte, and tell beforehand which letters exist.
 */
export class Font {
  readonly unitsPerEm: number;
  private readonly tables = new Map<string, number>();
  private readonly longOffsets: boolean;
  private readonly metricCount: number;
  private readonly glyphCount: number;
  private readonly segments: readonly Segment[];
  /** Contours read before; at most as many as the font has glyphs. */
  private readonly drawn = new Map<number, readonly Contour[]>();

  constructor(private readonly file: Buffer) {
    for (let i = 0; i < file.readUInt16BE(4); i += 1) {
      const entry = 12 + 16 * i;
      this.tables.set(file.toString('latin1', entry, entry + 4), file.readUInt32BE(entry + 8));
    }
    this.unitsPerEm = file.readUInt16BE(this.table('head') + 18);
    this.longOffsets = file.readInt16BE(this.table('head') + 50) === 1;
    this.metricCount = file.readUInt16BE(this.table('hhea') + 34);
    this.glyphCount = file.readUInt16BE(this.table('maxp') + 4);
    this.segments = readCharacterMap(file, this.table('cmap'));
  }

  /** The glyph of a character; 0 when the font has none. */
  glyph(codePoint: number): number {
    const segment = this.segments.find((s) => codePoint <= s.end);
    return segment && codePoint >= segment.start ? segment.glyph(codePoint) : 0;
  }

  /** Pen movement to the next letter, in font units. */
  advance(glyph: number): number {
    const metric = Math.min(glyph, this.metricCount - 1);
    return this.file.readUInt16BE(this.table('hmtx') + 4 * metric);
  }

  /** Path data in font units, y upwards, moved right by `dx`. */
  outline(glyph: number, dx: number): string {
    let contours = this.drawn.get(glyph);
    if (!contours) {
      contours = this.contours(glyph, 0);
      this.drawn.set(glyph, contours);
    }
    return contours.map((contour) => traceContour(contour, dx)).join('');
  }

  private contours(glyph: number, depth: number): Contour[] {
    const [start, end] = [this.glyphOffset(glyph), this.glyphOffset(glyph + 1)];
    if (glyph >= this.glyphCount || start === end || depth > 4) return [];
    const at = this.table('glyf') + start;
    const count = this.file.readInt16BE(at);
    if (count >= 0) return readSimple(this.file, at + 10, count);
    return readParts(this.file, at + 10).flatMap(({ glyph: part, place }) =>
      this.contours(part, depth + 1).map((contour) => contour.map(place)),
    );
  }

  private glyphOffset(glyph: number): number {
    const loca = this.table('loca');
    return this.longOffsets
      ? this.file.readUInt32BE(loca + 4 * glyph)
      : 2 * this.file.readUInt16BE(loca + 2 * glyph);
  }

  private table(tag: string): number {
    const offset = this.tables.get(tag);
    if (offset === undefined) throw new Error(`The font has no ${tag} table`);
    return offset;
  }
}

const loaded = new Map<string, Font>();

/** A font of the bundled family, e.g. `DejaVuSans`; read once, about 0.7 MB. */
export function bundledFont(name: string): Font {
  let font = loaded.get(name);
  if (!font) {
    const file = createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`);
    font = new Font(readFileSync(file));
    loaded.set(name, font);
  }
  return font;
}

interface Segment {
  readonly start: number;
  readonly end: number;
  glyph(codePoint: number): number;
}

interface Node {
  readonly x: number;
  readonly y: number;
  readonly onCurve: boolean;
}

type Contour = readonly Node[];

/** Reads the format 4 table (characters up to U+FFFF), which every TrueType font has. */
function readCharacterMap(file: Buffer, cmap: number): Segment[] {
  const records = Array.from({ length: file.readUInt16BE(cmap + 2) }, (_, i) => cmap + 4 + 8 * i);
  const tables = records.map((record) => cmap + file.readUInt32BE(record + 4));
  const table = tables.find((at) => file.readUInt16BE(at) === 4);
  if (table === undefined) throw new Error('The font has no usable character map');
  const bytes = file.readUInt16BE(table + 6);
  return Array.from({ length: bytes / 2 }, (_, i) => {
    const ends = table + 14 + 2 * i;
    const starts = ends + bytes + 2;
    const deltas = starts + bytes;
    const ranges = deltas + bytes;
    const start = file.readUInt16BE(starts);
    const delta = file.readUInt16BE(deltas);
    const range = file.readUInt16BE(ranges);
    const glyph = (code: number): number => {
      if (range === 0) return (code + delta) & 0xffff;
      const found = file.readUInt16BE(ranges + range + 2 * (code - start));
      return found === 0 ? 0 : (found + delta) & 0xffff;
    };
    return { start, end: file.readUInt16BE(ends), glyph };
  });
}

const ON_CURVE = 1;
const REPEAT = 8;
/** Flags of a coordinate: it is one byte; and then its sign, or else that it did not change. */
const SHORT = { x: 2, y: 4 };
const SAME = { x: 16, y: 32 };

function readSimple(file: Buffer, at: number, count: number): Contour[] {
  const ends = Array.from({ length: count }, (_, i) => file.readUInt16BE(at + 2 * i));
  const total = (ends.at(-1) ?? -1) + 1;
  let cursor = at + 2 * count;
  cursor += 2 + file.readUInt16BE(cursor);
  const flags: number[] = [];
  while (flags.length < total) {
    const flag = file[cursor++];
    const repeats = flag & REPEAT ? file[cursor++] : 0;
    for (let i = 0; i <= repeats; i += 1) flags.push(flag);
  }
  const axis = (name: 'x' | 'y'): number[] => {
    let value = 0;
    return flags.map((flag) => {
      if (flag & SHORT[name]) value += flag & SAME[name] ? file[cursor++] : -file[cursor++];
      else if (!(flag & SAME[name])) {
        value += file.readInt16BE(cursor);
        cursor += 2;
      }
      return value;
    });
  };
  const xs = axis('x');
  const ys = axis('y');
  const nodes = flags.map((flag, i) => ({ x: xs[i], y: ys[i], onCurve: (flag & ON_CURVE) !== 0 }));
  return ends.map((end, i) => nodes.slice(i === 0 ? 0 : ends[i - 1] + 1, end + 1));
}

interface Part {
  readonly glyph: number;
  readonly place: (node: Node) => Node;
}

/** An accented letter is made of parts: a letter and its accent, each moved and scaled. */
function readParts(file: Buffer, at: number): Part[] {
  const parts: Part[] = [];
  let cursor = at;
  for (let more = true; more;) {
    const flags = file.readUInt16BE(cursor);
    const glyph = file.readUInt16BE(cursor + 2);
    const wide = (flags & 1) !== 0;
    const dx = wide ? file.readInt16BE(cursor + 4) : file.readInt8(cursor + 4);
    const dy = wide ? file.readInt16BE(cursor + 6) : file.readInt8(cursor + 5);
    cursor += wide ? 8 : 6;
    const [matrix, size] = readMatrix(file, cursor, flags);
    cursor += size;
    const [a, b, c, d] = matrix;
    parts.push({
      glyph,
      place: ({ x, y, onCurve }) => ({
        x: Math.round(a * x + c * y) + dx,
        y: Math.round(b * x + d * y) + dy,
        onCurve,
      }),
    });
    more = (flags & 0x20) !== 0;
  }
  return parts;
}

/** A part's 2×2 matrix and how many bytes it took: one scale, two, or all four numbers. */
function readMatrix(file: Buffer, at: number, flags: number): [number[], number] {
  const f2dot14 = (i: number): number => file.readInt16BE(at + 2 * i) / 16_384;
  if (flags & 0x08) return [[f2dot14(0), 0, 0, f2dot14(0)], 2];
  if (flags & 0x40) return [[f2dot14(0), 0, 0, f2dot14(1)], 4];
  if (flags & 0x80) return [[0, 1, 2, 3].map(f2dot14), 8];
  return [[1, 0, 0, 1], 0];
}

/** TrueType leaves out nodes midway between two control points; SVG wants them written. */
function traceContour(contour: Contour, dx: number): string {
  const first = contour.findIndex((node) => node.onCurve);
  if (first < 0) return '';
  const nodes = [...contour.slice(first), ...contour.slice(0, first + 1)];
  let d = `M${nodes[0].x + dx} ${nodes[0].y}`;
  for (let i = 1; i < nodes.length; i += 1) {
    const node = nodes[i];
    if (node.onCurve) {
      d += `L${node.x + dx} ${node.y}`;
      continue;
    }
    const next = nodes[i + 1];
    const end = next.onCurve ? next : { x: (node.x + next.x) / 2, y: (node.y + next.y) / 2 };
    d += `Q${node.x + dx} ${node.y} ${end.x + dx} ${end.y}`;
    if (next.onCurve) i += 1;
  }
  return `${d}Z`;
}
