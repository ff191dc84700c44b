import { darken, lightnessOf, lighten, mix, type Colour } from '../art/colour.js';
import type { Random } from '../art/random.js';
import type { Stage } from '../art/stage.js';
import { circle, num, path, rect } from '../art/svg.js';

/** Tiles of quarter circles, arcs, stripes and dots, in a handful of colours on paper. */
export function drawBauhaus(stage: Stage): undefined {
  const { canvas, palette, detail } = stage;
  const rng = stage.rng.fork('bauhaus');
  const paper = mix(palette.light, '#f3ead7', 0.6);
  const ink = darken(palette.near, 0.25);
  const [columns, rows, tile] = layOut(stage, rng, detail);
  const left = Math.floor((canvas.width - columns * tile) / 2);
  const top = Math.floor((canvas.height - rows * tile) / 2);
  const colours = [...palette.accents, ink, mix(palette.sky[1], palette.far, 0.4)];
  let before = paper;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const ground = pickOther(rng, [...colours, paper, paper], before);
      const figure = pickOther(rng, [...colours, paper], ground);
      const place = `translate(${num(left + column * tile)} ${num(top + row * tile)})`;
      const turn = `rotate(${rng.int(0, 3) * 90} ${num(tile / 2)} ${num(tile / 2)})`;
      const back = rect(0, 0, tile, tile, { fill: ground });
      const motif = rng.pick(MOTIFS)(tile, figure, pickOther(rng, colours, figure));
      canvas.add(`<g transform="${place} ${turn}">${back}${motif}</g>`);
      before = ground;
    }
  }
  return undefined;
}

/** Square tiles that fill the picture to its edges: 4 to 6 along the shorter side. */
function layOut({ canvas }: Stage, rng: Random, detail: number): [number, number, number] {
  const short = rng.int(3, 4) + detail;
  const tile = Math.ceil(canvas.unit / short);
  return [Math.ceil(canvas.width / tile), Math.ceil(canvas.height / tile), tile];
}

function pickOther(rng: Random, colours: readonly Colour[], not: Colour): Colour {
  const far = colours.filter((c) => c !== not && Math.abs(lightnessOf(c) - lightnessOf(not)) > 0.1);
  return rng.pick(far.length > 0 ? far : colours);
}

type Motif = (size: number, figure: Colour, second: Colour) => string;

const quarter = (r: number, fill: Colour): string =>
  path(`M0 0H${num(r)}A${num(r)} ${num(r)} 0 0 1 0 ${num(r)}Z`, { fill });

const MOTIFS: readonly Motif[] = [
  (s, a) => quarter(s, a),
  (s, a, b) => quarter(s, a) + quarter(s * 0.66, b) + quarter(s * 0.33, a),
  (s, a, b) =>
    circle(s / 2, s / 2, s * 0.5, { fill: a }) + circle(s / 2, s / 2, s * 0.22, { fill: b }),
  (s, a) => path(`M0 0A${num(s / 2)} ${num(s / 2)} 0 0 0 ${num(s)} 0Z`, { fill: a }),
  (s, a, b) =>
    path(`M0 0A${num(s / 2)} ${num(s / 2)} 0 0 0 ${num(s)} 0Z`, { fill: a }) +
    path(`M0 ${num(s / 2)}A${num(s / 2)} ${num(s / 2)} 0 0 0 ${num(s)} ${num(s / 2)}Z`, {
      fill: b,
    }),
  (s, a) => path(`M0 0H${num(s)}L0 ${num(s)}Z`, { fill: a }),
  (s, a, b) =>
    path(`M0 0L${num(s / 2)} ${num(s / 2)}L0 ${num(s)}Z`, { fill: a }) +
    path(`M${num(s)} 0L${num(s / 2)} ${num(s / 2)}L${num(s)} ${num(s)}Z`, { fill: b }),
  (s, a) => [0, 2, 4].map((i) => rect(0, (s * i) / 6, s, s / 6, { fill: a })).join(''),
  (s, a) =>
    [0.25, 0.75]
      .flatMap((x) => [0.25, 0.75].map((y) => circle(x * s, y * s, s * 0.14, { fill: a })))
      .join(''),
  (s, a, b) =>
    path(`M0 0H${num(s)}Q${num(s)} ${num(s)} 0 ${num(s)}Q0 ${num(s / 2)} 0 0Z`, { fill: a }) +
    circle(s * 0.34, s * 0.38, s * 0.15, { fill: b }),
  (s, a, b) =>
    quarter(s, a) +
    path(
      `M${num(s)} ${num(s)}H${num(s / 2)}A${num(s / 2)} ${num(s / 2)} 0 0 1 ${num(s)} ${num(s / 2)}Z`,
      { fill: b },
    ),
  (s, a) => rect(s * 0.25, s * 0.25, s / 2, s / 2, { fill: lighten(a, 0.04) }),
];
