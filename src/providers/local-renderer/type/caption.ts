import { darken, lighten, mix } from '../art/colour.js';
import type { Palette } from '../art/palette.js';
import { rect, type Canvas } from '../art/svg.js';
import { captionText } from './caption-text.js';
import { measure, setLine, type Setting } from './typesetter.js';

const MOST_LINES = 3;
/** Letters smaller than this (px) cannot be read; a picture too small for them goes without. */
const SMALLEST_TYPE = 9;
const ELLIPSIS = '…';

/** Sets the prompt on a plate at the bottom left, as a gallery labels a picture. */
export function drawCaption(canvas: Canvas, palette: Palette, prompt: string): void {
  const text = captionText(prompt);
  const size = Math.max(canvas.unit * 0.029, SMALLEST_TYPE);
  const margin = canvas.unit * 0.042;
  const [padX, padY] = [size * 0.95, size * 0.62];
  const room = Math.min(canvas.width - 2 * margin, canvas.unit * 0.9) - 2 * padX;
  const leading = size * 1.36;
  if (text === '' || room < size * 4 || canvas.height < 8 * size) return;

  const setting: Setting = { face: 'caption', size };
  const lines = wrap(text, room, setting);
  const width = Math.max(...lines.map((line) => measure(line, setting.face, size))) + 2 * padX;
  const height = lines.length * leading + 2 * padY - size * 0.2;
  const [x, y] = [margin, canvas.height - margin - height];
  const plate = darken(mix(palette.near, palette.sky[0], 0.2), 0.45);
  const bar = Math.max(1, size * 0.14);
  canvas.add(
    rect(x, y, width, height, { rx: size * 0.3, fill: plate, opacity: 0.72 }),
    rect(x + size * 0.38, y + padY, bar, height - 2 * padY, {
      rx: bar / 2,
      fill: palette.accents[0],
    }),
  );
  const paint = { fill: lighten(palette.light, 0.55) };
  lines.forEach((line, i) => {
    const baseline = y + padY + size * 0.93 + i * leading;
    canvas.add(setLine(line, x + padX, baseline, setting, paint));
  });
}

/** Breaks text into lines no wider than `room` px; what does not fit ends in an ellipsis. */
export function wrap(text: string, room: number, { face, size }: Setting): string[] {
  const fits = (line: string): boolean => measure(line, face, size) <= room;
  const lines: string[] = [];
  let rest = text;
  while (rest !== '' && lines.length < MOST_LINES) {
    const last = lines.length === MOST_LINES - 1;
    const [line, left] = takeLine(rest, fits);
    lines.push(last && left !== '' ? shorten(line, fits) : line);
    rest = left;
  }
  return lines;
}

/** The words that fit on one line, or as much as fits of a single overlong word. */
function takeLine(text: string, fits: (line: string) => boolean): [line: string, rest: string] {
  const letters = [...text];
  let count = 0;
  let lastBlank = -1;
  while (count < letters.length && fits(letters.slice(0, count + 1).join(''))) {
    if (letters[count] === ' ') lastBlank = count;
    count += 1;
  }
  if (count === letters.length) return [text, ''];
  if (letters[count] === ' ') lastBlank = count;
  const cut = lastBlank > 0 ? lastBlank : Math.max(1, count);
  return [letters.slice(0, cut).join('').trim(), letters.slice(cut).join('').trim()];
}

function shorten(line: string, fits: (line: string) => boolean): string {
  const letters = [...line];
  while (letters.length > 1 && !fits(letters.join('') + ELLIPSIS)) letters.pop();
  return letters.join('').replace(/[\s,.;:]+$/, '') + ELLIPSIS;
}
