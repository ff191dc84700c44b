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
    rect(x, y, width, height, { rx: size * 0.3, fill: plate, opacity: 0.8 }),
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
  const widthOf = (part: string): number => measure(part, face, size);
  const lines: string[] = [];
  let rest = [...text];
  while (rest.length > 0 && lines.length < MOST_LINES) {
    const cut = lineLength(rest, room, widthOf);
    const line = rest.slice(0, cut).join('').trim();
    rest = [...rest.slice(cut).join('').trim()];
    const last = lines.length === MOST_LINES - 1;
    lines.push(last && rest.length > 0 ? shorten(line, room - widthOf(ELLIPSIS), widthOf) : line);
  }
  return lines;
}

/** How many letters go on a line: whole words, or what fits of a single overlong word. */
function lineLength(
  letters: readonly string[],
  room: number,
  widthOf: (part: string) => number,
): number {
  let [count, width, lastBlank] = [0, 0, 0];
  while (count < letters.length) {
    if (letters[count] === ' ') lastBlank = count;
    width += widthOf(letters[count]);
    if (width > room && letters[count] !== ' ') break;
    count += 1;
  }
  if (count === letters.length) return count;
  return lastBlank > 0 ? lastBlank : Math.max(1, count);
}

/** Takes letters off the end until the rest and an ellipsis fit. */
function shorten(line: string, room: number, widthOf: (part: string) => number): string {
  const letters = [...line];
  let width = widthOf(line);
  while (letters.length > 1 && width > room) width -= widthOf(letters.pop() ?? '');
  return letters.join('').replace(/[\s,.;:]+$/, '') + ELLIPSIS;
}
