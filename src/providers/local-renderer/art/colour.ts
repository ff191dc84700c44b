/**
 * Colours are `#rrggbb`. They are mixed in OKLab, where the middle of two
 * colours looks like their middle; in sRGB dusk skies turn grey.
 */
export type Colour = string;

interface Lch {
  readonly lightness: number;
  readonly chroma: number;
  /** Radians. */
  readonly hue: number;
}

type Triple = readonly [number, number, number];

/** The colour at `share` (0 to 1) of the way from `from` to `to`. */
export function mix(from: Colour, to: Colour, share: number): Colour {
  const a = toOklab(from);
  const b = toOklab(to);
  return fromOklab([0, 1, 2].map((i) => a[i] + (b[i] - a[i]) * share) as unknown as Triple);
}

export function lighten(colour: Colour, share: number): Colour {
  return mix(colour, '#ffffff', share);
}

export function darken(colour: Colour, share: number): Colour {
  return mix(colour, '#05060f', share);
}

/** Changes lightness, chroma or hue of one colour. */
export function adjust(colour: Colour, change: (lch: Lch) => Partial<Lch>): Colour {
  const [lightness, a, b] = toOklab(colour);
  const lch: Lch = { lightness, chroma: Math.hypot(a, b), hue: Math.atan2(b, a) };
  const next = { ...lch, ...change(lch) };
  return fromOklab([
    next.lightness,
    next.chroma * Math.cos(next.hue),
    next.chroma * Math.sin(next.hue),
  ]);
}

/** Moves a colour towards the hue of `tone` and keeps how light it is. */
export function tint(colour: Colour, tone: Colour, share: number): Colour {
  const [lightness] = toOklab(colour);
  return mix(
    colour,
    adjust(tone, () => ({ lightness })),
    share,
  );
}

/** Perceived lightness, 0 (black) to 1 (white). */
export function lightnessOf(colour: Colour): number {
  return toOklab(colour)[0];
}

function toOklab(colour: Colour): Triple {
  const value = Number.parseInt(colour.slice(1), 16);
  const [r, g, b] = [value >> 16, (value >> 8) & 255, value & 255].map(toLinear);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: Triple): Colour {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const channels = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return `#${channels.map((c) => toByte(c).toString(16).padStart(2, '0')).join('')}`;
}

function toLinear(byte: number): number {
  const c = byte / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

function toByte(linear: number): number {
  const c = linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(Math.min(1, Math.max(0, c)) * 255);
}
