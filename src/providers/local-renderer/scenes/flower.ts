import { adjust, darken, lighten, mix, type Colour } from '../art/colour.js';
import type { Random } from '../art/random.js';
import type { Spot, Stage } from '../art/stage.js';
import { circle, curve, dot, num, path, type Point } from '../art/svg.js';

interface Bloom {
  readonly x: number;
  readonly y: number;
  readonly r: number;
  readonly colour: Colour;
}

/** One great bloom and its smaller sisters on their stems, before soft light. */
export function drawFlowers(stage: Stage): Spot | undefined {
  const { canvas, palette } = stage;
  const rng = stage.rng.fork('flowers');
  if (stage.backdrop) drawBokeh(stage);
  const lean = rng.chance(0.5) ? 1 : -1;
  const accents = palette.accents;
  const start = stage.brief.hues.length > 0 ? 0 : rng.int(0, 3);
  const colourOf = (i: number): Colour => accents[(start + i) % 4];
  const at = (dx: number, share: number, size: number, i: number): Bloom => ({
    x: canvas.width / 2 + dx * lean * canvas.unit,
    y: canvas.height * share,
    r: canvas.unit * size,
    colour: colourOf(i),
  });
  const blooms = [
    at(0.3, 0.26 + rng.range(-0.03, 0.03), 0.1, 1),
    at(-0.34, 0.32 + rng.range(-0.03, 0.03), 0.115, 2),
    at(-0.2, 0.56, 0.085, 1),
    at(0.33, 0.52 + rng.range(-0.02, 0.03), 0.13, 0),
    at(-0.02, 0.4, 0.235, 0),
  ];
  for (const bloom of blooms) drawStem(stage, rng, bloom);
  for (const bloom of blooms) drawBloom(stage, rng, bloom);
  return undefined;
}

function drawBokeh(stage: Stage): void {
  const { canvas, palette, detail } = stage;
  const rng = stage.rng.fork('bokeh');
  const [top, middle, low] = palette.sky;
  canvas.fill(
    canvas.down([
      [0, mix(top, palette.near, 0.25)],
      [0.5, mix(middle, palette.haze, 0.3)],
      [1, mix(low, palette.near, 0.35)],
    ]),
  );
  canvas.glow(canvas.width * 0.5, canvas.height * 0.38, canvas.unit * 0.75, palette.light, 0.55);
  for (let i = 0; i < 16 + 8 * detail; i += 1) {
    const r = canvas.unit * rng.range(0.015, 0.075);
    const fill = lighten(rng.pick([...palette.accents, palette.light]), 0.3);
    const [x, y] = [rng.next() * canvas.width, rng.next() * canvas.height];
    canvas.add(circle(x, y, r, { fill, opacity: rng.range(0.08, 0.24) }));
  }
}

function drawStem(stage: Stage, rng: Random, { x, y, r }: Bloom): void {
  const { canvas, palette } = stage;
  const foot: Point = [canvas.width / 2 + (x - canvas.width / 2) * 0.35, canvas.height * 1.02];
  const middle: Point = [
    x + (foot[0] - x) * 0.3 + rng.range(-0.03, 0.03) * canvas.unit,
    (y + foot[1]) / 2,
  ];
  const green = leafGreen(stage);
  canvas.add(
    path(curve([[x, y], middle, foot]), {
      fill: 'none',
      stroke: canvas.down(
        [
          [0, lighten(green, 0.1)],
          [1, darken(green, 0.4)],
        ],
        y,
        canvas.height,
      ),
      'stroke-width': canvas.unit * 0.006 + r * 0.045,
      'stroke-linecap': 'round',
    }),
  );
  for (const side of [-1, 1]) {
    const down = 0.22 + 0.16 * side;
    const [lx, ly] = [0, 1].map((axis) => middle[axis] + (foot[axis] - middle[axis]) * down);
    drawLeaf(stage, lx, ly, side * (r * 0.9 + canvas.unit * 0.05), mix(green, palette.near, 0.15));
  }
}

function leafGreen({ palette, brief }: Stage): Colour {
  return mix(palette.local('#3f8f5a'), palette.near, brief.light === 'night' ? 0.5 : 0.28);
}

function drawLeaf({ canvas }: Stage, x: number, y: number, reach: number, green: Colour): void {
  const [tipX, tipY] = [x + reach, y - Math.abs(reach) * 0.62];
  const half = (lift: number, drop: number): string =>
    `M${num(x)} ${num(y)}Q${num(x + reach * lift)} ${num(y - Math.abs(reach) * drop)} ${num(tipX)} ${num(tipY)}Q${num(x + reach * 0.5)} ${num(y - Math.abs(reach) * 0.36)} ${num(x)} ${num(y)}Z`;
  canvas.add(
    path(half(0.15, 0.62), { fill: lighten(green, 0.14) }),
    path(half(0.85, 0.12), { fill: green }),
  );
}

/** Rings of petals, each turned against the one below, and a heart of seeds in golden-angle order. */
function drawBloom(stage: Stage, rng: Random, bloom: Bloom): void {
  const { canvas, palette, detail } = stage;
  const { x, y, r, colour } = bloom;
  if (stage.backdrop) canvas.glow(x, y, r * 1.3, darken(palette.near, 0.3), 0.4);
  const petals = rng.int(8, 13);
  const rings = r > canvas.unit * 0.15 ? 4 : 3;
  const pointed = rng.range(0.2, 1);
  for (let ring = 0; ring < rings; ring += 1) {
    const share = ring / rings;
    const length = r * (1 - share * 0.62);
    const tone = adjust(colour, (c) => ({
      hue: c.hue + share * 0.22,
      lightness: c.lightness * (0.88 + share * 0.2),
    }));
    drawPetals(stage, bloom, {
      petals,
      length,
      tone,
      pointed,
      turn: (ring % 2) * (Math.PI / petals) + share,
    });
  }
  drawHeart(stage, x, y, r * 0.26, 60 + 50 * detail);
}

interface Ring {
  readonly petals: number;
  readonly length: number;
  readonly tone: Colour;
  /** 0 round to 1 pointed. */
  readonly pointed: number;
  readonly turn: number;
}

function drawPetals({ canvas, palette }: Stage, { x, y }: Bloom, ring: Ring): void {
  const { length, tone, petals } = ring;
  const width = ((length * Math.PI) / petals) * 1.25;
  const fill = canvas.radial(
    [
      [0.1, darken(tone, 0.45)],
      [0.45, tone],
      [1, lighten(mix(tone, palette.light, 0.2), 0.25)],
    ],
    0,
    0,
    length,
  );
  const tip = width * (0.85 - 0.75 * ring.pointed);
  const d =
    `M0 0C${num(-width * 0.7)} ${num(-length * 0.3)} ${num(-width)} ${num(-length * 0.72)} ${num(-tip * 0.5)} ${num(-length * 0.95)}` +
    `Q0 ${num(-length * 1.05)} ${num(tip * 0.5)} ${num(-length * 0.95)}` +
    `C${num(width)} ${num(-length * 0.72)} ${num(width * 0.7)} ${num(-length * 0.3)} 0 0Z`;
  const vein = `M0 ${num(-length * 0.2)}L0 ${num(-length * 0.8)}`;
  const petal = canvas.define(
    'g',
    {},
    path(d, {
      fill,
      stroke: darken(tone, 0.35),
      'stroke-width': length * 0.006,
      'stroke-opacity': 0.5,
    }) +
      path(vein, {
        fill: 'none',
        stroke: darken(tone, 0.3),
        'stroke-width': length * 0.008,
        opacity: 0.35,
      }),
  );
  const turns = Array.from({ length: petals }, (_, i) => {
    const degrees = ((ring.turn + (i * 2 * Math.PI) / petals) * 180) / Math.PI;
    return `<use href="#${petal}" transform="translate(${num(x)} ${num(y)}) rotate(${num(degrees)})"/>`;
  });
  canvas.add(...turns);
}

function drawHeart(
  { canvas, palette }: Stage,
  x: number,
  y: number,
  r: number,
  seeds: number,
): void {
  const warm = mix(palette.accents[0], palette.local('#f4c542'), 0.6);
  canvas.add(circle(x, y, r, { fill: darken(warm, 0.6) }));
  let [outer, inner] = ['', ''];
  for (let i = 0; i < seeds; i += 1) {
    const [angle, distance] = [i * 2.39996, r * 0.94 * Math.sqrt(i / seeds)];
    const seed = dot(
      x + Math.cos(angle) * distance,
      y + Math.sin(angle) * distance,
      (r / Math.sqrt(seeds)) * 0.62,
    );
    if (i < seeds / 3) inner += seed;
    else outer += seed;
  }
  canvas.add(
    path(outer, { fill: warm }),
    path(inner, { fill: mix(darken(warm, 0.25), palette.local('#7aa34a'), 0.35) }),
  );
}
