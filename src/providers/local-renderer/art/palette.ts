import { createHash } from 'node:crypto';
import type { Brief } from './brief.js';
import { adjust, mix, tint, type Colour } from './colour.js';
import type { Random } from './random.js';
import type { Light, Mood } from './vocabulary.js';

/** The colours of one picture. */
export interface Palette {
  /** From the zenith down to the horizon. */
  readonly sky: readonly [Colour, Colour, Colour];
  /** Sun or moon. */
  readonly light: Colour;
  /** The air: what everything far away fades into. */
  readonly haze: Colour;
  readonly far: Colour;
  readonly near: Colour;
  readonly accents: readonly [Colour, Colour, Colour, Colour];
  /** Bends the colour a thing has of itself, as grass is green, to the style asked for. */
  readonly local: (colour: Colour) => Colour;
}

/** Sky (3), light, haze, far, near, accents (4). */
const PALETTES: Readonly<Record<Light, readonly string[]>> = {
  day: [
    '#2f7fc4 #7fc1e6 #e2f2f0 #fff6d6 #cfe7ee #86b3cc #1d4a5c #f2a541 #e4572e #f6d86b #2a9d8f',
    '#4a9fbf #a2d6d6 #fdf2d6 #fffbe6 #dfeee2 #8dbab4 #20504d #ef8354 #f7c548 #d1495b #3d7ea6',
    '#3f6fb3 #93b8e2 #f6e6df #fff4e0 #dfe3ee #93a5c6 #27365c #e76f51 #f4a261 #e9c46a #2a9d8f',
  ],
  dawn: [
    '#5c74b0 #dda3b8 #ffe2bd #fff3d6 #f5d5c4 #a48fb0 #352f57 #e07a5f #f2cc8f #81b29a #6d6a9c',
    '#6f9cc2 #f0bda9 #fff0cc #fff8e2 #f4dcc6 #97a8bd #2f415c #f08a6c #f6c28b #7fb7be #b56576',
    '#7a6aa8 #e79aa0 #ffd7a8 #ffeec6 #f0c3b4 #9a83a8 #2f2850 #ee6c4d #f4b86a #5fa8a0 #8e5ea2',
  ],
  sunset: [
    '#2a2860 #bd4d78 #ffb367 #fff0bd #f39a78 #93507c #1d1536 #ff7b54 #ffb26b #ffd56f #7a4f9a',
    '#1e3a66 #d96a5c #ffcf78 #fff4c8 #f2a878 #8a5a72 #171f38 #ef476f #ffd166 #f78c6b #4f86a8',
    '#4a1d54 #e25258 #ffc05c #fff0b4 #f58b62 #96426a #210f33 #f94144 #f9a03f #f9c74f #6a4c93',
    '#3b3a7a #e58a8f #ffd9a0 #fff6d8 #f6b89c #9a6f98 #241d44 #f2845c #f7b267 #f4d58d #5b6aa8',
  ],
  night: [
    '#060a22 #15224f #3d5390 #f6f2dc #3d4f85 #2b3b70 #070a1c #ffd27a #7fb2ff #f28482 #9d8df1',
    '#07111f #17364f #4b8090 #f2f6e6 #41707f #24506a #050d18 #ffd98a #6fd6c9 #f08a5d #88a9e8',
    '#110a2b #3a1f60 #8a4f90 #fbeed8 #6d4386 #44286c #0b0620 #ffc56b #ff7ab6 #7ad7f0 #b58cff',
  ],
  overcast: [
    '#7d8e9d #b2bfc7 #e2e6e4 #fbfbf3 #d2d9da #98a8b1 #303e49 #d9a441 #c8553d #8fb8a8 #5b7c99',
    '#6f8096 #a9b4c4 #e6e0de #fffaf0 #d6d6d8 #98a0b2 #2b3347 #e0956a #b85c6e #d9c27a #5f86a6',
  ],
};

/** Chooses the colours and then bends them to the named colours, the style and the moods. */
export function choosePalette(brief: Brief, style: string | undefined, rng: Random): Palette {
  const colours = rng.pick(PALETTES[brief.light]).split(' ');
  const bend = bender(brief, style);
  const [top, middle, low, light, haze, far, near] = colours.slice(0, 7).map(bend.scenery);
  const [a, b, c, d] = colours.slice(7).map(bend.accent);
  return {
    sky: [top, middle, low],
    light,
    haze,
    far,
    near,
    accents: [a, b, c, d],
    local: bend.local,
  };
}

interface Bend {
  /** A named colour tints the land and the sky, but leaves flowers a ground to stand out from. */
  readonly scenery: (colour: Colour) => Colour;
  readonly local: (colour: Colour) => Colour;
  readonly accent: (colour: Colour, index: number) => Colour;
}

function bender({ hues, moods, scene }: Brief, style: string | undefined): Bend {
  const turn = styleTurn(style, moods);
  const finish = (colour: Colour): Colour =>
    moods.reduce(
      (bent, mood) => MOODS[mood](bent),
      adjust(colour, (c) => ({ hue: c.hue + turn })),
    );
  return {
    local: finish,
    scenery: (colour) =>
      finish(hues[0] && scene !== 'flower' ? tint(colour, hues[0], 0.36) : colour),
    accent: (colour, index) => {
      if (hues.length === 0) return finish(colour);
      const hue = hues[index % hues.length];
      return finish(index < hues.length ? hue : RELATIVES[index](hue));
    },
  };
}

/** Colours that go with a named one, by the place of the accent they stand in for. */
const RELATIVES: readonly ((colour: Colour) => Colour)[] = [
  (c) => c,
  (c) =>
    adjust(c, ({ hue, lightness }) => ({ hue: hue + 0.3, lightness: lightness * 0.72 + 0.24 })),
  (c) =>
    adjust(c, ({ lightness, chroma }) => ({
      lightness: lightness * 0.45 + 0.5,
      chroma: chroma * 0.6,
    })),
  (c) => adjust(c, ({ hue, lightness }) => ({ hue: hue - 0.35, lightness: lightness * 0.8 })),
];

/** A style we have no rule for still has its own look: it turns the colour wheel a little. */
function styleTurn(style: string | undefined, moods: readonly Mood[]): number {
  if (!style || style === 'auto' || moods.length > 0) return 0;
  return ((createHash('sha256').update(style).digest()[0] - 128) / 128) * 0.6;
}

const MOODS: Readonly<Record<Mood, (colour: Colour) => Colour>> = {
  vivid: (c) => adjust(c, ({ chroma }) => ({ chroma: chroma * 1.22 })),
  natural: (c) => adjust(c, ({ chroma }) => ({ chroma: chroma * 0.8 })),
  mono: (c) => adjust(c, () => ({ chroma: 0 })),
  pastel: (c) =>
    adjust(c, ({ lightness, chroma }) => ({
      lightness: 0.3 + lightness * 0.7,
      chroma: chroma * 0.8,
    })),
  vintage: (c) => mix(tint(c, '#b07a3e', 0.5), '#c9a46a', 0.12),
  neon: (c) => adjust(c, ({ chroma }) => ({ chroma: chroma * 1.45 })),
  minimal: (c) => adjust(c, ({ chroma }) => ({ chroma: chroma * 0.9 })),
};
