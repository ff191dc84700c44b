import sharp from 'sharp';
import { choosePalette } from '../art/palette.js';
import { readPrompt } from '../art/brief.js';
import { Random } from '../art/random.js';
import { Canvas } from '../art/svg.js';
import { captionText } from './caption-text.js';
import { drawCaption, wrap } from './caption.js';
import { canSet, measure, setLine, type Face } from './typesetter.js';

const SETTING = { face: 'caption', size: 40 } as const;

/** Size of the ink of one line of black text, px. */
async function ink(
  text: string,
  face: Face = 'caption',
): Promise<{ width: number; height: number }> {
  const canvas = new Canvas(900, 120);
  canvas.fill('#ffffff');
  canvas.add(setLine(text, 40, 80, { face, size: 40 }, { fill: '#000000' }));
  const file = await sharp(Buffer.from(canvas.toString()))
    .trim()
    .toBuffer({ resolveWithObject: true });
  return file.info;
}

function caption(prompt: string, width = 512, height = 512): string {
  const rng = new Random('caption');
  const palette = choosePalette(readPrompt('sea', undefined, rng), undefined, rng);
  const canvas = new Canvas(width, height);
  drawCaption(canvas, palette, prompt);
  return canvas.toString();
}

describe('typesetter', () => {
  it('draws letters, not boxes of one width', async () => {
    const [narrow, wide] = [await ink('iiiiiiii'), await ink('WWWWWWWW')];

    expect(wide.width).toBeGreaterThan(narrow.width * 2);
    expect((await ink('x')).height).toBeLessThan((await ink('X')).height);
    expect((await ink('g')).height).toBeGreaterThan((await ink('x')).height);
  });

  it('measures what it draws', async () => {
    for (const text of ['Hamburgefonstiv', 'Привет, мир', 'Ελληνικά', 'naïve façade']) {
      const { width } = await ink(text);

      expect(Math.abs(measure(text, 'caption', 40) - width)).toBeLessThan(8);
    }
  });

  it('draws the accent of an accented letter', async () => {
    const [bare, acute] = [await ink('e'), await ink('é')];

    expect(acute.height / bare.height).toBeGreaterThan(1.3);
    expect(acute.height / bare.height).toBeLessThan(2);
  });

  it('knows which letters it has', () => {
    for (const letter of 'aZ9ßéЖΩ€“…') expect(canSet(letter, 'caption')).toBe(true);
    for (const letter of ['海', '안', '🦄', '\u0000', '\ud800']) {
      expect(canSet(letter, 'caption')).toBe(false);
    }
  });

  it('finds every letter of the ribbon', () => {
    for (const letter of 'DEMO') expect(canSet(letter, 'label')).toBe(true);
  });
});

describe('caption text', () => {
  it.each([
    ['A  quiet\n\tharbour ', 'A quiet harbour'],
    ['<b>R&D</b>', '<b>R&D</b>'],
    ['tab\u0000nul\u0007bell', 'tab nul bell'],
    ['zero\u200bwidth\ufeff\u202e', 'zerowidth'],
    ['cafe\u0301', 'café'],
    [`x${'\u0301'.repeat(1_000)}y`, 'xy'],
    ['Ｆｕｌｌ ｗｉｄｔｈ', 'Full width'],
    ['𝓕𝓪𝓷𝓬𝔂 ﬁn', 'Fancy fin'],
    ['a 🦄 unicorn 👩‍👩‍👧', 'a unicorn'],
    ['🌊, waves', 'waves'],
    ['Кошка на крыше', 'Кошка на крыше'],
    ['海边的日落', ''],
    ['שלום עולם', ''],
    ['مرحبا بالعالم', ''],
    ['\ud800\udc00', ''],
    ['', ''],
  ])('of %j is %j', (prompt, expected) => {
    expect(captionText(prompt)).toBe(expected);
  });
});

describe('caption', () => {
  it('is drawn for a prompt and left out without one', () => {
    expect(caption('A quiet harbour')).toMatch(/<rect.*<path/);
    expect(caption('')).not.toMatch(/<rect|<path/);
  });

  it('holds no text of the prompt, only outlines', () => {
    expect(caption('"/><script>&x;')).not.toMatch(/script|&/);
  });

  it('is left out of a picture too small to read it in', () => {
    expect(caption('A quiet harbour', 64, 64)).not.toContain('<path');
  });

  it('wraps between words, within the room', () => {
    const lines = wrap('A quiet harbour at dusk', 300, SETTING);

    expect(lines.join(' ')).toBe('A quiet harbour at dusk');
    for (const line of lines) expect(measure(line, 'caption', 40)).toBeLessThanOrEqual(300);
  });

  it('ends in an ellipsis after three lines', () => {
    for (const prompt of ['many words '.repeat(99), 'W'.repeat(999)]) {
      const lines = wrap(prompt.trim(), 400, SETTING);

      expect(lines).toHaveLength(3);
      expect(lines[2]).toMatch(/\S…$/);
      for (const line of lines) expect(measure(line, 'caption', 40)).toBeLessThanOrEqual(400);
    }
  });

  it('loses nothing when the last line just fits', () => {
    const lines = wrap('one two three', measure('three', 'caption', 40) + 1, SETTING);

    expect(lines).toEqual(['one', 'two', 'three']);
  });
});
