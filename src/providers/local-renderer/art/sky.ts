import { adjust, darken, lighten, mix, type Colour } from './colour.js';
import type { Random } from './random.js';
import type { Luminary, Stage } from './stage.js';
import { circle, curve, dot, lens, num, path, type Point } from './svg.js';

/**
 * Paints sky, sun or moon, stars and clouds down to `horizon` (px). `lowSun` is where a low sun
 * stands, as a share of the way down: behind mountains it has to be higher than over the sea.
 */
export function drawSky(stage: Stage, horizon: number, lowSun = 0.78): Luminary {
  const { canvas, palette, brief } = stage;
  const [top, middle, low] = palette.sky;
  canvas.fill(
    canvas.down(
      [
        [0, top],
        [0.52, middle],
        [1, low],
      ],
      0,
      horizon,
    ),
  );
  const luminary = placeLuminary(stage, horizon, lowSun);
  if (brief.light === 'night' || brief.features.has('stars')) drawStars(stage, horizon);
  if (brief.features.has('aurora')) drawAurora(stage, horizon);
  if (brief.features.has('rainbow')) drawRainbow(stage, horizon);
  drawLuminary(stage, luminary);
  drawClouds(stage, horizon);
  return luminary;
}

function placeLuminary({ canvas, brief, rng }: Stage, horizon: number, low: number): Luminary {
  const place = rng.fork('luminary');
  const side = place.chance(0.5) ? place.range(0.24, 0.42) : place.range(0.58, 0.76);
  const lowSun = brief.light === 'sunset' || brief.light === 'dawn';
  const height = lowSun
    ? low + place.range(-0.06, 0.06)
    : place.range(0.3, 0.42) * Math.min(1, low * 1.6);
  const r = canvas.unit * (lowSun ? place.range(0.07, 0.1) : place.range(0.045, 0.06));
  return { x: canvas.width * side, y: horizon * height, r };
}

function drawLuminary(stage: Stage, { x, y, r }: Luminary): void {
  const { canvas, palette, brief } = stage;
  const night = brief.light === 'night';
  const dim = brief.light === 'overcast' ? 0.5 : 1;
  canvas.glow(x, y, r * (night ? 7 : 9), palette.light, (night ? 0.42 : 0.7) * dim);
  canvas.glow(x, y, r * 2.6, palette.light, 0.75 * dim);
  canvas.add(circle(x, y, r, { fill: palette.light, opacity: dim }));
  if (!night) return;
  const shade = mix(palette.light, palette.sky[1], 0.28);
  const seas: [number, number, number][] = [
    [-0.3, -0.25, 0.26],
    [0.25, 0.1, 0.3],
    [-0.2, 0.42, 0.18],
    [0.35, -0.45, 0.14],
  ];
  const d = seas.map(([dx, dy, size]) => dot(x + dx * r, y + dy * r, size * r)).join('');
  canvas.add(path(d, { fill: shade, opacity: 0.55 }));
}

/** Stars in three sizes; the few large ones sparkle. */
export function drawStars(stage: Stage, bottom: number, density = 1): void {
  const { canvas, detail } = stage;
  const rng = stage.rng.fork('stars');
  const count = Math.round((90 + 90 * detail) * density);
  const sizes = [0.0008, 0.0013, 0.002].map((size) => Math.max(0.5, size * canvas.unit));
  const strength = [0.55, 0.8, 1];
  const layers = ['', '', ''];
  for (let i = 0; i < count; i += 1) {
    const layer = i % 8 === 0 ? 2 : i % 3 === 0 ? 1 : 0;
    const y = bottom * rng.next() ** 1.25 * 0.96;
    layers[layer] += dot(rng.next() * canvas.width, y, sizes[layer] * rng.range(0.8, 1.2));
  }
  layers.forEach((d, i) => {
    if (d) canvas.add(path(d, { fill: '#fffaf0', opacity: strength[i] }));
  });
  for (let i = 0; i < 4 + density; i += 1) {
    const at: Point = [rng.next() * canvas.width, bottom * rng.range(0.04, 0.6)];
    canvas.add(sparkle(at, canvas.unit * rng.range(0.006, 0.012)));
  }
}

function sparkle([x, y]: Point, r: number): string {
  const w = r * 0.1;
  const d =
    `M${num(x)} ${num(y - r)}Q${num(x + w)} ${num(y - w)} ${num(x + r)} ${num(y)}` +
    `Q${num(x + w)} ${num(y + w)} ${num(x)} ${num(y + r)}` +
    `Q${num(x - w)} ${num(y + w)} ${num(x - r)} ${num(y)}` +
    `Q${num(x - w)} ${num(y - w)} ${num(x)} ${num(y - r)}Z`;
  return path(d, { fill: '#fffdf5', opacity: 0.9 });
}

/** Curtains of light: bands whose tops fade, folded along a wavy line. */
function drawAurora(stage: Stage, horizon: number): void {
  const { canvas, palette } = stage;
  const rng = stage.rng.fork('aurora');
  const colours: Colour[] = ['#5cffb0', '#4fd8ff', '#b07cff'].map(palette.local);
  colours.forEach((colour, i) => {
    const base = horizon * (0.6 - i * 0.13);
    const height = horizon * rng.range(0.34, 0.5);
    const phase = rng.range(0, 6);
    const waves = rng.range(1.2, 2.2);
    const foot: Point[] = Array.from({ length: 13 }, (_, k) => {
      const share = k / 12;
      const swing = Math.sin(phase + share * waves * 6.28) * horizon * 0.08;
      return [(-0.03 + share * 1.06) * canvas.width, base + swing - share * horizon * 0.1];
    });
    const crown = foot.map(([x, y], k): Point => [
      x + canvas.unit * 0.05,
      y - height * (0.75 + 0.25 * Math.sin(phase * 2 + k)),
    ]);
    const d = `${curve(foot)}L${curve([...crown].reverse()).slice(1)}Z`;
    const fill = canvas.down(
      [
        [0, colour, 0],
        [0.6, colour, 0.3],
        [0.92, colour, 0.72],
        [1, colour, 0],
      ],
      base - height,
      base + horizon * 0.1,
    );
    canvas.add(path(d, { fill }));
  });
}

function drawRainbow({ canvas }: Stage, horizon: number): void {
  const band = canvas.unit * 0.013;
  const bands = ['#ff5f5f', '#ffa54f', '#ffe45f', '#7fdc7f', '#5fb4ff', '#9f7fff'];
  const [x, r] = [canvas.width * 0.55, Math.max(canvas.width * 0.42, horizon * 0.8)];
  bands.forEach((stroke, i) => {
    canvas.add(
      circle(x, horizon * 1.08, r - i * band, {
        fill: 'none',
        stroke,
        'stroke-width': band * 1.1,
        opacity: 0.4,
      }),
    );
  });
}

function drawClouds(stage: Stage, horizon: number): void {
  const rng = stage.rng.fork('clouds');
  const { light } = stage.brief;
  if (light === 'night' || light === 'sunset' || light === 'dawn') drawStreaks(stage, rng, horizon);
  if (light === 'day' || light === 'overcast') drawCumuli(stage, rng, horizon);
}

/** Long thin evening clouds, warmer and brighter the lower they hang. */
function drawStreaks(stage: Stage, rng: Random, horizon: number): void {
  const { canvas, palette, detail, brief } = stage;
  const night = brief.light === 'night';
  const count = night ? 3 : 6 + 3 * detail;
  for (let i = 0; i < count; i += 1) {
    const depth = rng.range(0.3, 0.95);
    const y = horizon * depth;
    const x = canvas.width * rng.range(0, 1);
    const colour = night
      ? lighten(palette.sky[1], 0.12)
      : mix(palette.sky[1], lighten(palette.sky[2], 0.35), depth);
    const half = canvas.width * rng.range(0.12, 0.34);
    let d = lens(x, y, half, canvas.unit * rng.range(0.004, 0.009));
    for (let k = 0; k < 2; k += 1) {
      const shift = canvas.unit * rng.range(-0.014, 0.014);
      d += lens(x + half * rng.range(-0.7, 0.7), y + shift, half * 0.5, canvas.unit * 0.004);
    }
    canvas.add(path(d, { fill: colour, opacity: night ? 0.3 : 0.55 }));
  }
}

/** Heaped clouds: a flat base and round heads, bright above and hazy below. */
function drawCumuli(stage: Stage, rng: Random, horizon: number): void {
  const { canvas, palette, brief } = stage;
  const grey = brief.light === 'overcast';
  const count = grey ? 7 : rng.int(3, 5);
  for (let i = 0; i < count; i += 1) {
    const depth = grey ? rng.range(0.05, 0.7) : 0.14 + (0.62 * (i + rng.next() * 0.6)) / count;
    const width = canvas.width * rng.range(0.2, 0.36) * (1.25 - depth * 0.8);
    const x = canvas.width * rng.range(-0.08, 0.95);
    const y = horizon * depth + canvas.unit * 0.08;
    const height = width * rng.range(0.2, 0.3);
    const bright = mix(lighten(palette.light, 0.5), palette.haze, grey ? 0.5 : depth * 0.5);
    const fill = canvas.down(
      [
        [0, bright, 0.95],
        [1, adjust(palette.haze, ({ lightness }) => ({ lightness: lightness * 0.98 })), 0.25],
      ],
      y - height,
      y,
    );
    canvas.add(path(cumulus(rng, x, y, width, height), { fill, opacity: grey ? 0.6 : 0.9 }));
  }
}

function cumulus(rng: Random, x: number, y: number, width: number, height: number): string {
  const heads = rng.int(5, 7);
  let d = `M${num(x)} ${num(y)}`;
  let [penX, penY] = [x, y];
  for (let i = 1; i <= heads; i += 1) {
    const share = i / heads;
    const nextX = x + width * share;
    const arch = Math.sin(Math.PI * share) ** 0.8;
    const nextY = i === heads ? y : y - height * arch * rng.range(0.65, 1);
    const r = Math.hypot(nextX - penX, nextY - penY) * rng.range(0.52, 0.66);
    d += `A${num(r)} ${num(r)} 0 0 1 ${num(nextX)} ${num(nextY)}`;
    [penX, penY] = [nextX, nextY];
  }
  return `${d}Z`;
}

/** A flock far away. */
export function drawBirds(stage: Stage, x: number, y: number, span: number): void {
  const { canvas, palette } = stage;
  const rng = stage.rng.fork('birds');
  let d = '';
  for (let i = 0; i < 7; i += 1) {
    const size = span * rng.range(0.05, 0.1);
    const bx = x + span * (0.13 * i - 0.4) + span * rng.range(-0.03, 0.03);
    const by = y + Math.abs(i - 2.2) * span * 0.07 + span * rng.range(-0.03, 0.03);
    const [tip, dip] = [size * rng.range(0.45, 0.7), size * 0.15];
    d +=
      `M${num(bx - size)} ${num(by - tip)}Q${num(bx - size * 0.4)} ${num(by - tip)} ${num(bx)} ${num(by)}` +
      `Q${num(bx + size * 0.4)} ${num(by - tip)} ${num(bx + size)} ${num(by - tip)}` +
      `Q${num(bx + size * 0.4)} ${num(by - tip + dip)} ${num(bx)} ${num(by + dip * 1.6)}` +
      `Q${num(bx - size * 0.4)} ${num(by - tip + dip)} ${num(bx - size)} ${num(by - tip)}Z`;
  }
  canvas.add(path(d, { fill: darken(palette.near, 0.25), opacity: 0.85 }));
}
