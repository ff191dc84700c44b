import { darken, lighten, mix, type Colour } from '../art/colour.js';
import type { Random } from '../art/random.js';
import type { Stage } from '../art/stage.js';
import { circle, dot, num, path } from '../art/svg.js';

/** Rings of repeated petals, arches and beads around one centre. */
export function drawMandala(stage: Stage): undefined {
  const { canvas, palette, detail } = stage;
  const rng = stage.rng.fork('mandala');
  const [x, y] = [canvas.width / 2, canvas.height * 0.47];
  if (stage.backdrop) drawGround(stage, x, y);
  const fold = rng.pick([8, 10, 12, 16]);
  const rings = 6 + detail;
  const reach = canvas.unit * 0.44;
  const start = rng.int(0, 3);
  for (let i = 0; i < rings; i += 1) {
    const outer = reach * (1 - i / rings) ** 0.9;
    const inner = reach * Math.max(0, 1 - (i + 1.5) / rings) ** 0.9;
    const colour = mix(palette.accents[(start + i) % 4], palette.light, 0.08 * (i % 3));
    const turn = i % 2 === 0 ? 0 : Math.PI / fold;
    drawRing(stage, rng, {
      x,
      y,
      outer,
      inner,
      fold: i > rings - 3 ? fold / 2 : fold,
      turn,
      colour,
      kind: i % 3,
    });
  }
  canvas.add(
    circle(x, y, reach * 0.1, { fill: palette.light }),
    circle(x, y, reach * 0.055, { fill: palette.accents[start] }),
  );
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
  for (const share of [0.5, 0.58, 0.68, 0.8]) {
    canvas.add(
      circle(x, y, canvas.unit * share, {
        fill: 'none',
        stroke: palette.light,
        'stroke-width': canvas.unit * 0.0012,
        opacity: 0.24,
      }),
    );
  }
}

interface Ring {
  readonly x: number;
  readonly y: number;
  readonly outer: number;
  readonly inner: number;
  readonly fold: number;
  /** Radians. */
  readonly turn: number;
  readonly colour: Colour;
  readonly kind: number;
}

function drawRing(stage: Stage, rng: Random, ring: Ring): void {
  const { canvas } = stage;
  const { x, y, outer, inner, fold, colour } = ring;
  const width = ((outer * Math.PI) / fold) * rng.range(0.86, 1.02);
  const fill = canvas.radial(
    [
      [Math.max(0, inner / outer - 0.05), darken(colour, 0.5)],
      [0.75, colour],
      [1, lighten(colour, 0.28)],
    ],
    0,
    0,
    outer,
  );
  const petal = (scale: number, lift: number): string =>
    MOTIFS[ring.kind](outer * scale, inner + lift, width * scale);
  const line = {
    fill: 'none',
    stroke: lighten(colour, 0.6),
    'stroke-width': stage.canvas.unit * 0.0016,
  };
  const motif =
    path(petal(1, 0), {
      fill,
      stroke: darken(colour, 0.55),
      'stroke-width': canvas.unit * 0.0022,
    }) +
    path(petal(0.86, (outer - inner) * 0.16), { ...line, opacity: 0.75 }) +
    path(dot(0, -inner - (outer - inner) * 0.45, width * 0.13), { fill: lighten(colour, 0.5) }) +
    path(dot(0, -outer * 1.035, canvas.unit * 0.005), { fill: lighten(colour, 0.4) });
  const id = canvas.define('g', {}, motif);
  for (let i = 0; i < fold; i += 1) {
    const degrees = ((ring.turn + (i * 2 * Math.PI) / fold) * 180) / Math.PI;
    canvas.add(
      `<use href="#${id}" transform="translate(${num(x)} ${num(y)}) rotate(${num(degrees)})"/>`,
    );
  }
}

/** Each draws one motif upwards from `inner` to `outer` (distances from the centre), `width` wide. */
const MOTIFS: readonly ((outer: number, inner: number, width: number) => string)[] = [
  (o, i, w) =>
    `M0 ${num(-i)}C${num(-w)} ${num(-i - (o - i) * 0.35)} ${num(-w * 0.8)} ${num(-i - (o - i) * 0.75)} 0 ${num(-o)}` +
    `C${num(w * 0.8)} ${num(-i - (o - i) * 0.75)} ${num(w)} ${num(-i - (o - i) * 0.35)} 0 ${num(-i)}Z`,
  (o, i, w) =>
    `M${num(-w * 0.55)} ${num(-i)}L${num(-w * 0.85)} ${num(-i - (o - i) * 0.6)}Q${num(-w * 0.75)} ${num(-o)} 0 ${num(-o)}` +
    `Q${num(w * 0.75)} ${num(-o)} ${num(w * 0.85)} ${num(-i - (o - i) * 0.6)}L${num(w * 0.55)} ${num(-i)}Z`,
  (o, i, w) =>
    `M0 ${num(-i)}L${num(-w * 0.8)} ${num(-i - (o - i) * 0.55)}L0 ${num(-o)}L${num(w * 0.8)} ${num(-i - (o - i) * 0.55)}Z`,
];
