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
  drawGlitter(stage, luminary, horizon, canvas.height);
  drawWaves(stage, horizon);
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
    path(lens(sun.x, horizon + 1, canvas.width * 0.42, canvas.unit * 0.012), {
      fill: palette.light,
      opacity: 0.35 * dim,
    }),
  );
  let [bright, soft] = ['', ''];
  const rows = 26 + 16 * detail;
  for (let i = 0; i < rows; i += 1) {
    const depth = ((i + rng.next() * 0.7) / rows) ** 1.5;
    const y = horizon + canvas.unit * 0.006 + depth * (bottom - horizon) * 0.92;
    const spread = sun.r * (0.75 + depth * 1.5);
    const thick = canvas.unit * (0.0008 + depth * 0.0042);
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

/** Swells: each nearer one is taller, darker and carries a thin bright crest. */
function drawWaves(stage: Stage, horizon: number): void {
  const { canvas, palette, detail } = stage;
  const rng = stage.rng.fork('waves');
  const layers = 4 + detail;
  const depthOf = canvas.height - horizon;
  for (let i = 0; i < layers; i += 1) {
    const depth = (i + 1) / layers;
    const base = horizon + depthOf * (0.2 + 0.68 * depth ** 1.25);
    const swell = canvas.unit * 0.006 * (1 + depth * 3.2);
    const count = Math.round((canvas.width / canvas.unit) * (9 - depth * 5.5)) + 1;
    const points: Point[] = [];
    for (let k = -1; k <= count * 2 + 1; k += 1) {
      const x = ((k + rng.range(-0.25, 0.25)) / (count * 2)) * canvas.width;
      points.push([x, base + (k % 2 === 0 ? -1 : 1) * swell * rng.range(0.5, 1.1)]);
    }
    const d = curve(points);
    const colour = mix(mix(palette.sky[1], palette.far, 0.5), palette.near, 0.3 + 0.6 * depth);
    const fill = canvas.down(
      [
        [0, lighten(colour, 0.1), 0.6],
        [0.5, colour, 0.72],
        [1, darken(colour, 0.25), 0.85],
      ],
      base - swell,
      base + depthOf * 0.3,
    );
    canvas.add(path(closeDown(d, canvas.width, canvas.height + 2), { fill }));
    canvas.add(
      path(d, {
        fill: 'none',
        stroke: mix(palette.light, palette.sky[2], 0.4),
        'stroke-width': canvas.unit * (0.0008 + 0.0016 * depth),
        opacity: 0.5,
      }),
    );
  }
}
