import { num, path, type Attributes } from '../art/svg.js';
import { bundledFont, type Font } from './font.js';

/** Faces in order of preference: the first that has a letter draws it. All have 2048 units per em. */
const FACES = {
  caption: ['DejaVuSerifCondensed-Italic', 'DejaVuSansCondensed'],
  label: ['DejaVuSans-Bold'],
} as const;

export type Face = keyof typeof FACES;

/** The fonts' character maps end with the basic plane. */
const LAST_CODE_POINT = 0xffff;

interface Letter {
  readonly font: Font;
  readonly glyph: number;
}

/** Whether the bundled fonts can draw the character by itself, without joining it to others. */
export function canSet(character: string, face: Face): boolean {
  return findLetter(character, face) !== undefined;
}

/** Width of a line, px, at `size` px per em with `spacing` px between letters. */
export function measure(text: string, face: Face, size: number, spacing = 0): number {
  let units = 0;
  let letters = 0;
  for (const { font, glyph } of lettersOf(text, face)) {
    units += font.advance(glyph);
    letters += 1;
  }
  return (units * size) / unitsPerEm(face) + Math.max(0, letters - 1) * spacing;
}

export interface Setting {
  readonly face: Face;
  /** Px per em. */
  readonly size: number;
  /** Px between letters. */
  readonly spacing?: number;
}

/** A line of text as one path; `x` is its left end and `y` its baseline, px. */
export function setLine(
  text: string,
  x: number,
  y: number,
  how: Setting,
  paint: Attributes,
): string {
  const scale = how.size / unitsPerEm(how.face);
  const gap = (how.spacing ?? 0) / scale;
  let pen = 0;
  let d = '';
  for (const { font, glyph } of lettersOf(text, how.face)) {
    d += font.outline(glyph, Math.round(pen));
    pen += font.advance(glyph) + gap;
  }
  const transform = `translate(${num(x)} ${num(y)}) scale(${scale.toFixed(6)} ${(-scale).toFixed(6)})`;
  return d === '' ? '' : path(d, { transform, ...paint });
}

function lettersOf(text: string, face: Face): Letter[] {
  return [...text].flatMap((character) => findLetter(character, face) ?? []);
}

/** What was looked up before, by face and code point; at most the 65,536 of the basic plane each. */
const found: Record<Face, Map<number, Letter | undefined>> = {
  caption: new Map(),
  label: new Map(),
};

function findLetter(character: string, face: Face): Letter | undefined {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint > LAST_CODE_POINT) return undefined;
  const known = found[face];
  if (!known.has(codePoint)) known.set(codePoint, searchFonts(codePoint, face));
  return known.get(codePoint);
}

function searchFonts(codePoint: number, face: Face): Letter | undefined {
  for (const name of FACES[face]) {
    const font = bundledFont(name);
    const glyph = font.glyph(codePoint);
    if (glyph !== 0) return { font, glyph };
  }
  return undefined;
}

function unitsPerEm(face: Face): number {
  return bundledFont(FACES[face][0]).unitsPerEm;
}
