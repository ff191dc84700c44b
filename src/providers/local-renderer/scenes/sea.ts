import { darken, lighten, mix } from '../art/colour.js';
import { drawBirds, drawSky } from '../art/sky.js';
import type { Luminary, Spot, Stage } from '../art/stage.js';
import { curve, lens, num, path, type Point } from '../art/svg.js';
import { closeDown, fractal, skyline } from '../art/terrain.js';

/** Open water under a low light, with islands on the horizon and rolling waves in front. */
export function drawSea(stage: Stage): Spot {
  const { canvas } = stage;
  const horizon = canvas.height * stage.rng.fork('horizon').range(0.5, 0.58);
  const luminary = drawSky(stage, horizon);
  drawIslands(stage, horizon, luminary);
  drawWater(stage, horizon, canvas.height);
  drawWaves(stage, horizon);
  drawGlitter(stage, luminary, horizon, canvas.height);
  const side = luminary.x > canvas.width / 2 ? -1 : 1;
  if (stage.brief.subjects.length === 0) {
    drawBirds(stage, canvas.width * (0.5 + side * 0.16), horizon * 0.5, canvas.unit * 0.2);
  }
  return {
    x: canvas.width * (0.5 + side * 0.19),
    y: horizon + (canvas.height - horizon) * 0.16,
    size: canvas.unit * 0.24,
  };
}

/** Calm water from the horizon to `bottom`: the sky's colours upside down, and darker. */
export function drawWater(stage: Stage, horizon: number, bottom: number): void {
  const { canvas, palette } = stage;
  const deep = mix(palette.near, palette.sky[0], 0.35);
  const fill = canvas.down(
    [
      [0, mix(palette.sky[2], palette.far, 0.3)],
      [0.14, mix(palette.sky[1], palette.far, 0.5)],
      [0.55, mix(deep, palette.sky[1], 0.3)],
      [1, deep],
    ],
    horizon,
    bottom,
  );
  const [w, h] = [canvas.width, bottom - horizon];
  canvas.add(path(`M0 ${num(horizon)}h${w}v${num(h + 1)}h-${w}Z`, { fill }));
}

/** The road of light that sun or moon lays on water: glints that widen towards us. */
export function drawGlitter(stage: Stage, sun: Luminary, horizon: number, bottom: number): void {
  const { canvas, palette, detail, brief } = stage;
  const rng = stage.rng.fork('glitter');
  const dim = brief.light === 'overcast' ? 0.35 : brief.light === 'day' ? 0.6 : 1;
  canvas.add(
    path(lens(sun.x, horizon + 1, canvas.width * 0.42, canvas.unit * 0.007), {
      fill: palette.light,
      opacity: 0.22 * dim,
    }),
  );
  let [bright, soft] = ['', ''];
  const rows = 26 + 16 * detail;
  for (let i = 0; i < rows; i += 1) {
    const depth = ((i + rng.next() * 0.7) / rows) ** 1.5;
    const y = horizon + canvas.unit * 0.006 + depth * (bottom - horizon) * 0.92;
    const spread = sun.r * (0.75 + depth * 1.5);
    const thick = canvas.unit * (0.0008 + depth * 0.0032);
    for (let k = 0; k < 3; k += 1) {
      const drift = (rng.next() + rng.next() - 1) * spread;
      const glint = lens(
        sun.x + drift,
        y,
        spread * rng.range(0.12, 0.5) * (1 - depth * 0.4),
        thick,
      );
      if (k === 0) bright += glint;
      else soft += glint;
    }
  }
  canvas.add(path(soft, { fill: mix(palette.light, palette.sky[2], 0.4), opacity: 0.42 * dim }));
  canvas.add(path(bright, { fill: palette.light, opacity: 0.8 * dim }));
}

function drawIslands(stage: Stage, horizon: number, sun: Luminary): void {
  const { canvas, palette } = stage;
  const rng = stage.rng.fork('islands');
  for (const depth of [0.25, 0.55]) {
    const centre = sun.x > canvas.width / 2 ? rng.range(0.05, 0.4) : rng.range(0.6, 0.95);
    const half = rng.range(0.2, 0.34) * (1.2 - depth);
    const height = canvas.unit * rng.range(0.05, 0.12) * (1.3 - depth);
    const relief = fractal(rng, 4);
    const points = skyline(canvas.width, 110, (share) => {
      const rise = Math.max(0, 1 - ((share - centre) / half) ** 2);
      return horizon + 1 - height * rise * (0.35 + relief(share * 9) * 0.9);
    });
    const fill = canvas.down(
      [
        [0, mix(palette.haze, palette.far, 0.35 + depth)],
        [1, mix(palette.haze, palette.far, depth * 0.7)],
      ],
      horizon - height,
      horizon,
    );
    canvas.add(path(closeDown(points.map(toLine).join(''), canvas.width, horizon + 1.5), { fill }));
  }
}

function toLine([x, y]: Point, index: number): string {
  return `${index === 0 ? 'M' : 'L'}${num(x)} ${num(y)}`;
}

/** Swells: each nearer one is taller and darker, with light caught on its crests. */
function drawWaves(stage: Stage, horizon: number): void {
  const { canvas, palette, detail } = stage;
  const rng = stage.rng.fork('waves');
  const layers = 5 + detail;
  const depthOf = canvas.height - horizon;
  for (let i = 0; i < layers; i += 1) {
    const depth = (i + 1) / layers;
    const base = horizon + depthOf * (0.16 + 0.7 * depth ** 1.3);
    const swell = canvas.unit * 0.003 * (1 + depth * 3.4);
    const crests = Math.round((canvas.width / canvas.unit) * (8 - depth * 4.5)) + 1;
    const length = canvas.width / crests;
    const points: Point[] = [];
    let foam = '';
    for (let k = -1; k <= crests * 2 + 1; k += 1) {
      const x = ((k + rng.range(-0.3, 0.3)) * length) / 2;
      const y = base + (k % 2 === 0 ? -1 : 1) * swell * rng.range(0.3, 1.1);
      points.push([x, y]);
      if (k % 2 === 0)
        foam += lens(x, y + swell * 0.5, length * rng.range(0.14, 0.3), swell * 0.16);
    }
    const colour = mix(mix(palette.sky[1], palette.far, 0.5), palette.near, 0.25 + 0.62 * depth);
    const fill = canvas.down(
      [
        [0, lighten(colour, 0.12), 0.75],
        [0.45, colour, 0.75],
        [1, darken(colour, 0.2), 0.8],
      ],
      base - swell,
      base + depthOf * 0.24,
    );
    canvas.add(
      path(closeDown(curve(points), canvas.width, canvas.height + 2), { fill }),
      path(foam, { fill: mix(palette.light, palette.sky[2], 0.4), opacity: 0.42 }),
    );
  }
}
