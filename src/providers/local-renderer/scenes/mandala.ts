import { darken, lighten, mix, type Colour } from '../art/colour.js';
import type { Random } from '../art/random.js';
import type { Stage } from '../art/stage.js';
import { circle, dot, num, path } from '../art/svg.js';

/** Rings of overlapping petals around one centre, with beads between them. */
export function drawMandala(stage: Stage): undefined {
  const { canvas, palette, detail } = stage;
  const rng = stage.rng.fork('mandala');
  const [x, y] = [canvas.width / 2, canvas.height * 0.47];
  if (stage.backdrop) drawGround(stage, x, y);
  const fold = rng.pick([8, 10, 12]);
  const rings = 5 + detail;
  const reach = canvas.unit * 0.42;
  const start = rng.int(0, 3);
  canvas.glow(x, y, reach * 1.35, palette.accents[start], 0.35);
  for (let i = 0; i < rings; i += 1) {
    const outer = reach * (1 - i / (rings + 0.6)) ** 1.05;
    const colour = mix(palette.accents[(start + i) % 4], palette.light, 0.1 * (i % 2));
    const petals = i === 0 ? fold * 2 : fold;
    const turn = i % 2 === 0 ? 0 : Math.PI / petals;
    drawRing(stage, rng, { x, y, outer, petals, turn, colour });
    if (i < rings - 1) drawBeads(stage, x, y, outer * 0.985, petals, turn);
  }
  drawHub(stage, x, y, reach * 0.1, fold);
  return undefined;
}

function drawGround({ canvas, palette }: Stage, x: number, y: number): void {
  const edge = darken(mix(palette.near, palette.sky[0], 0.5), 0.35);
  canvas.fill(
    canvas.radial(
      [
        [0, mix(palette.sky[1], palette.near, 0.35)],
        [0.55, mix(palette.sky[0], palette.near, 0.55)],
        [1, edge],
      ],
      x,
      y,
      Math.max(canvas.width, canvas.height) * 0.72,
    ),
  );
  for (const share of [0.46, 0.475, 0.55, 0.66, 0.8]) {
    canvas.add(
      circle(x, y, canvas.unit * share, {
        fill: 'none',
        stroke: palette.light,
        'stroke-width': canvas.unit * 0.0012,
        opacity: 0.3,
      }),
    );
  }
}

interface Ring {
  readonly x: number;
  readonly y: number;
  readonly outer: number;
  readonly petals: number;
  /** Radians. */
  readonly turn: number;
  readonly colour: Colour;
}

/** Petals rise from the centre itself, so no gap can show between rings. */
function drawRing(stage: Stage, rng: Random, { x, y, outer, petals, turn, colour }: Ring): void {
  const { canvas } = stage;
  const half = ((outer * Math.PI) / petals) * rng.range(0.92, 1.12);
  const shape = rng.pick(PETALS);
  const fill = canvas.radial(
    [
      [0.35, darken(colour, 0.62)],
      [0.72, colour],
      [1, lighten(colour, 0.22)],
    ],
    0,
    0,
    outer,
  );
  const fine = canvas.unit * 0.0017;
  const inlay = { fill: 'none', stroke: lighten(colour, 0.55), 'stroke-width': fine, opacity: 0.8 };
  const motif =
    path(shape(outer, half), { fill, stroke: darken(colour, 0.6), 'stroke-width': fine * 1.3 }) +
    path(shape(outer * 0.91, half * 0.68), inlay) +
    path(shape(outer * 0.82, half * 0.36), { fill: lighten(colour, 0.3), opacity: 0.55 }) +
    path(dot(0, -outer * 0.86, half * 0.1), { fill: darken(colour, 0.5), opacity: 0.7 });
  const id = canvas.define('g', {}, motif);
  for (let i = 0; i < petals; i += 1) {
    const degrees = num(((turn + (i * 2 * Math.PI) / petals) * 180) / Math.PI);
    canvas.add(
      `<use href="#${id}" transform="translate(${num(x)} ${num(y)}) rotate(${degrees})"/>`,
    );
  }
}

/** A bead in every gap between two petals' tips. */
function drawBeads(
  { canvas, palette }: Stage,
  x: number,
  y: number,
  radius: number,
  petals: number,
  turn: number,
): void {
  const r = canvas.unit * 0.005;
  let d = '';
  for (let i = 0; i < petals; i += 1) {
    const angle = turn + ((i + 0.5) * 2 * Math.PI) / petals - Math.PI / 2;
    d += dot(x + Math.cos(angle) * radius, y + Math.sin(angle) * radius, r);
  }
  canvas.add(path(d, { fill: lighten(palette.light, 0.3), opacity: 0.9 }));
}

function drawHub({ canvas, palette }: Stage, x: number, y: number, r: number, fold: number): void {
  let d = '';
  for (let i = 0; i < fold * 2; i += 1) {
    const angle = (i * Math.PI) / fold;
    d += dot(x + Math.cos(angle) * r * 0.74, y + Math.sin(angle) * r * 0.74, r * 0.085);
  }
  canvas.add(
    circle(x, y, r, { fill: darken(palette.near, 0.2) }),
    path(d, { fill: palette.light }),
    circle(x, y, r * 0.5, { fill: palette.accents[0] }),
    circle(x, y, r * 0.24, { fill: palette.light }),
  );
}

/** Petal outlines from the centre upwards: `o` long, `w` wide to either side. */
const PETALS: readonly ((o: number, w: number) => string)[] = [
  (o, w) =>
    `M0 0C${num(-w * 0.3)} ${num(-o * 0.3)} ${num(-w * 1.5)} ${num(-o * 0.72)} 0 ${num(-o)}` +
    `C${num(w * 1.5)} ${num(-o * 0.72)} ${num(w * 0.3)} ${num(-o * 0.3)} 0 0Z`,
  (o, w) =>
    `M0 0L${num(-w * 0.95)} ${num(-o * 0.66)}Q${num(-w * 1.05)} ${num(-o * 0.9)} 0 ${num(-o)}` +
    `Q${num(w * 1.05)} ${num(-o * 0.9)} ${num(w * 0.95)} ${num(-o * 0.66)}Z`,
  (o, w) =>
    `M0 0L${num(-w * 0.8)} ${num(-o * 0.68)}C${num(-w)} ${num(-o * 0.86)} ${num(-w * 0.35)} ${num(-o * 0.86)} 0 ${num(-o)}` +
    `C${num(w * 0.35)} ${num(-o * 0.86)} ${num(w)} ${num(-o * 0.86)} ${num(w * 0.8)} ${num(-o * 0.68)}Z`,
];
