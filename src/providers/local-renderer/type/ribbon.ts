import { darken, mix } from '../art/colour.js';
import type { Palette } from '../art/palette.js';
import { num, rect, type Canvas } from '../art/svg.js';
import { measure, setLine } from './typesetter.js';

/** A band across the upper right corner which says that this is no picture of a real model. */
export function drawRibbon(canvas: Canvas, palette: Palette, word: string): void {
  const band = Math.max(canvas.unit * 0.052, Math.min(16, canvas.unit / 4));
  const size = band * 0.52;
  const spacing = size * 0.22;
  const distance = canvas.unit * 0.115 + band * 0.6;
  const [x, y] = [canvas.width - distance, distance];
  const length = distance * 3.2;
  const fill = mix('#c2352b', palette.near, 0.1);
  const width = measure(word, 'label', size, spacing);
  canvas.add(
    `<g transform="translate(${num(x)} ${num(y)}) rotate(45)">`,
    rect(-length / 2, -band / 2 + band * 0.1, length, band, {
      fill: darken(palette.near, 0.5),
      opacity: 0.3,
    }),
    rect(-length / 2, -band / 2, length, band, { fill }),
    rect(-length / 2, -band * 0.4, length, band * 0.028, { fill: '#ffffff', opacity: 0.45 }),
    rect(-length / 2, band * 0.372, length, band * 0.028, { fill: '#ffffff', opacity: 0.45 }),
    setLine(word, -width / 2, size * 0.37, { face: 'label', size, spacing }, { fill: '#ffffff' }),
    '</g>',
  );
}
