import { readPrompt, type Brief } from './brief.js';
import { lightnessOf, mix, tint } from './colour.js';
import { choosePalette } from './palette.js';
import { Random } from './random.js';

const read = (prompt: string, style?: string): Brief =>
  readPrompt(prompt, style, new Random(prompt));

describe('reading a prompt', () => {
  it.each([
    ['Waves on a beach', 'sea'],
    ['snowy PEAKS in the Alps', 'mountain'],
    ['a misty pine forest', 'forest'],
    ['Tokyo skyline', 'city'],
    ['sand dunes', 'desert'],
    ['an astronaut', 'space'],
    ['a bouquet of tulips', 'flower'],
    ['海边的日落', 'sea'],
    ['夜の森', 'forest'],
    ['Wald im Nebel', 'forest'],
    ['лес зимой', 'forest'],
  ])('%j shows a %s', (prompt, scene) => {
    expect(read(prompt).scene).toBe(scene);
  });

  it('takes words whole: a season is no sea, and "starting" no star', () => {
    for (const prompt of ['a season ticket', 'starting', 'cityscape?not', 'pineapple']) {
      expect(['bauhaus', 'ribbons', 'orbits', 'mandala']).toContain(read(prompt).scene);
    }
  });

  it('lets the first place named win', () => {
    expect(read('a city by the sea').scene).toBe('city');
    expect(read('the sea before a city').scene).toBe('sea');
  });

  it('puts a subject where the prompt says, or where it is at home', () => {
    expect(read('a cat in the desert')).toMatchObject({ scene: 'desert', subjects: ['cat'] });
    expect(read('a sailboat')).toMatchObject({ scene: 'sea', subjects: ['boat'] });
  });

  it('prefers a time of day to its weather', () => {
    expect(read('a misty morning in the woods').light).toBe('dawn');
    expect(read('mist in the woods').light).toBe('overcast');
    expect(read('a stormy night').light).toBe('night');
  });

  it('collects colours and moods', () => {
    expect(read('a blue cat on a red house').hues).toHaveLength(2);
    expect(read('the sea', 'vivid').moods).toEqual(['vivid']);
  });

  it('is decided by the words alone, not by chance, where they say enough', () => {
    const prompt = 'the sea at night';
    const briefs = ['a', 'b', 'c'].map((seed) => readPrompt(prompt, undefined, new Random(seed)));

    for (const brief of briefs) expect(brief).toMatchObject({ scene: 'sea', light: 'night' });
  });
});

describe('palettes', () => {
  it('follow the light: night is darker than day', () => {
    const sky = (prompt: string): number => {
      const palette = choosePalette(read(prompt), undefined, new Random(prompt));
      return lightnessOf(palette.sky[0]);
    };

    expect(sky('the sea at night')).toBeLessThan(sky('the sea at noon') - 0.2);
  });

  it('are made of colours and nothing else', () => {
    for (const prompt of ['sea', 'neon city', 'pastel hills', 'sepia desert', 'ink mountain red']) {
      const palette = choosePalette(read(prompt), 'unheard-of', new Random(prompt));

      const { sky, light, haze, far, near, accents, local } = palette;
      const all = [...sky, light, haze, far, near, ...accents, local('#3f8f5a')];
      for (const colour of all) expect(colour).toMatch(/^#[0-9a-f]{6}$/);
    }
  });

  it('are grey in monochrome', () => {
    const palette = choosePalette(read('noir city'), undefined, new Random('x'));

    for (const colour of [...palette.sky, ...palette.accents, palette.local('#ff0000')]) {
      const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
      expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThanOrEqual(2);
    }
  });
});

describe('colours', () => {
  it('mix from one end to the other', () => {
    expect(mix('#123456', '#fedcba', 0)).toBe('#123456');
    expect(mix('#123456', '#fedcba', 1)).toBe('#fedcba');
    expect(lightnessOf(mix('#000000', '#ffffff', 0.5))).toBeCloseTo(0.5, 1);
  });

  it('keep their lightness when tinted', () => {
    expect(lightnessOf(tint('#4080c0', '#c04020', 0.5))).toBeCloseTo(lightnessOf('#4080c0'), 1);
  });
});
