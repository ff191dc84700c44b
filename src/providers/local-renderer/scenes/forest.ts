import { adjust, darken, lighten, mix, type Colour } from '../art/colour.js';
import { drawSky } from '../art/sky.js';
import type { Luminary, Spot, Stage } from '../art/stage.js';
import { line, num, path, polygon } from '../art/svg.js';
import { closeDown, fractal, skyline } from '../art/terrain.js';
import { drawTreeLine } from './trees.js';

const AUTUMN: readonly Colour[] = ['#e08a2a', '#d9662b', '#c2452a', '#e8a83a'];

/** Rows of trees stepping out of the mist, shafts of light, and dark trunks that frame the view. */
export function drawForest(stage: Stage): Spot {
  const { canvas, palette, detail, brief } = stage;
  const sun = drawSky(stage, canvas.height * 0.8, 0.45);
  const rows = 4 + detail;
  const leafy = brief.features.has('autumn');
  for (let i = 0; i < rows; i += 1) {
    const depth = i / (rows - 1);
    const relief = fractal(stage.rng.fork(`ground${i}`), 2);
    const level = 0.6 + 0.34 * depth;
    const groundAt = (share: number): number =>
      canvas.height * level + canvas.unit * 0.09 * (relief(share * 2.4) - 0.5);
    const colour = leafColour(stage, depth, i);
    drawTreeLine(stage, {
      base: groundAt,
      height: (0.24 + 0.2 * depth) * (leafy && i > 1 ? 0.72 : 1),
      depth,
      seed: `row${i}`,
      colour,
      density: 0.9 - 0.45 * depth,
      leafy: leafy && i > 1,
    });
    const d = closeDown(line(skyline(canvas.width, 40, groundAt)), canvas.width, canvas.height + 2);
    canvas.add(path(d, { fill: i === rows - 1 ? darken(colour, 0.1) : colour }));
    if (i < rows - 1) drawFogBank(stage, canvas.height * level, depth);
    if (i === Math.floor(rows / 2)) drawShafts(stage, sun);
  }
  drawTrunks(stage, mix(palette.near, darken(palette.near, 0.5), 0.6));
  return { x: canvas.width * 0.56, y: canvas.height * 0.93, size: canvas.unit * 0.2 };
}

function leafColour({ palette, brief }: Stage, depth: number, row: number): Colour {
  const green = adjust(mix(palette.near, palette.local('#2f6b45'), 0.45), ({ lightness }) => ({
    lightness: lightness * 0.9,
  }));
  const leaf = brief.features.has('autumn') ? palette.local(AUTUMN[row % 4]) : green;
  const local = brief.hues.length > 0 ? palette.near : leaf;
  const shaded = mix(local, palette.near, brief.light === 'night' ? 0.75 : 0.22 * depth);
  const air = mix(palette.haze, palette.far, 0.35 + 0.65 * depth);
  const dark = brief.features.has('autumn') ? 0 : 0.3;
  return mix(air, darken(shaded, dark), 0.12 + 0.88 * depth ** 1.2);
}

function drawFogBank({ canvas, palette, brief }: Stage, y: number, depth: number): void {
  const reach = canvas.unit * 0.2;
  const strength = (brief.features.has('fog') ? 0.8 : 0.55) * (1 - depth * 0.9);
  const fill = canvas.down(
    [
      [0, palette.haze, 0],
      [0.7, palette.haze, strength],
      [1, palette.haze, strength * 0.4],
    ],
    y - reach,
    y + reach * 0.4,
  );
  canvas.add(
    path(`M0 ${num(y - reach)}h${canvas.width}v${num(reach * 1.4)}h-${canvas.width}Z`, { fill }),
  );
}

function drawShafts({ canvas, palette, rng, brief }: Stage, sun: Luminary): void {
  if (brief.light === 'overcast') return;
  const beams = rng.fork('shafts');
  const reach = canvas.height * 0.95;
  const fill = canvas.radial(
    [
      [0, palette.light, 0],
      [0.16, palette.light, 0.3],
      [0.55, palette.light, 0.12],
      [1, palette.light, 0],
    ],
    sun.x,
    sun.y,
    reach,
  );
  const lean = sun.x > canvas.width / 2 ? 1 : -1;
  for (let i = 0; i < 6; i += 1) {
    const angle = Math.PI / 2 + lean * (beams.range(-0.1, 0.2) + i * 0.15);
    const width = beams.range(0.015, 0.05);
    const at = (a: number): readonly [number, number] => [
      sun.x + Math.cos(a) * reach,
      sun.y + Math.sin(a) * reach,
    ];
    canvas.add(path(polygon([[sun.x, sun.y], at(angle - width), at(angle + width)]), { fill }));
  }
}

/** Two or three trunks close to us, at the edges so that the view stays open. */
function drawTrunks({ canvas, rng, palette }: Stage, colour: Colour): void {
  const trunks = rng.fork('trunks');
  const places = [trunks.range(0.02, 0.09), trunks.range(0.9, 0.98), trunks.range(0.15, 0.2)];
  places.forEach((share, i) => {
    const x = share * canvas.width;
    const half = canvas.unit * trunks.range(0.018, 0.032) * (i === 2 ? 0.55 : 1);
    const foot = canvas.height * (i === 2 ? 0.95 : 1.02);
    const flare = half * 1.7;
    const fill = canvas.linear(
      [
        [0, lighten(mix(colour, palette.haze, 0.18), 0.02)],
        [0.5, colour],
        [1, darken(colour, 0.4)],
      ],
      [x - half, 0],
      [x + half, 0],
    );
    const d =
      `M${num(x - half * 0.8)} 0L${num(x + half * 0.7)} 0Q${num(x + half)} ${num(foot * 0.7)} ` +
      `${num(x + flare)} ${num(foot)}L${num(x - flare)} ${num(foot)}` +
      `Q${num(x - half)} ${num(foot * 0.7)} ${num(x - half * 0.8)} 0Z`;
    canvas.add(path(d, { fill }));
  });
}
