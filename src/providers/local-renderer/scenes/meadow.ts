import { darken, lighten, mix, tint, type Colour } from '../art/colour.js';
import { drawBirds, drawSky } from '../art/sky.js';
import type { Spot, Stage } from '../art/stage.js';
import { curve, dot, line, num, path, type Point } from '../art/svg.js';
import { closeDown, fractal, skyline } from '../art/terrain.js';
import { drawTreeLine } from './trees.js';

/** Rolling fields with hedges, a winding path and flowers close by. */
export function drawMeadow(stage: Stage): Spot {
  const { canvas } = stage;
  const horizon = canvas.height * 0.55;
  drawSky(stage, horizon * 1.05);
  const layers = 5;
  for (let i = 0; i < layers; i += 1) drawHill(stage, horizon, i / (layers - 1), i);
  drawBlossoms(stage, horizon);
  if (stage.brief.subjects.length === 0) {
    drawBirds(stage, canvas.width * 0.3, horizon * 0.4, canvas.unit * 0.16);
  }
  return { x: canvas.width * 0.62, y: canvas.height * 0.79, size: canvas.unit * 0.26 };
}

function grass(stage: Stage, depth: number, row: number): Colour {
  const { palette, brief } = stage;
  const autumn = brief.features.has('autumn');
  const greens = autumn ? ['#c9a04a', '#b98a3c', '#a3742f'] : ['#8fbf5a', '#5fa052', '#3f8a55'];
  const snow = brief.features.has('snow');
  const plain = palette.local(snow ? '#e8eef4' : greens[row % 3]);
  const local = brief.hues[0] ? tint(plain, brief.hues[0], 0.35) : plain;
  const night = brief.light === 'night' ? 0.72 : brief.light === 'sunset' ? 0.42 : 0.12;
  return mix(
    mix(palette.haze, palette.far, 0.25),
    mix(local, palette.near, night),
    0.3 + 0.7 * depth,
  );
}

function drawHill(stage: Stage, horizon: number, depth: number, row: number): void {
  const { canvas, palette } = stage;
  const rng = stage.rng.fork(`hill${row}`);
  const base = horizon + (canvas.height - horizon) * 0.66 * depth ** 1.25;
  const relief = fractal(rng, 2);
  const reach = canvas.unit * (0.08 + 0.05 * depth);
  const waves = (canvas.width / canvas.unit) * (2.6 - depth * 1.2);
  const heightAt = (share: number): number => base - reach * (relief(share * waves) - 0.25) * 1.5;
  const colour = grass(stage, depth, row);
  if (row > 0 && row < 4) {
    drawTreeLine(stage, {
      base: (share) => heightAt(share) + canvas.unit * 0.004,
      height: 0.022 + 0.026 * depth,
      depth,
      seed: `hedge${row}`,
      colour: mix(colour, palette.near, 0.45),
      density: 0.5,
      clumps: 0.62,
      leafy: true,
    });
  }
  const fill = canvas.down(
    [
      [0, lighten(colour, 0.16)],
      [0.35, colour],
      [1, darken(mix(colour, palette.near, 0.3), 0.08)],
    ],
    base - reach,
    base + reach * 2.6,
  );
  canvas.add(
    path(closeDown(line(skyline(canvas.width, 60, heightAt)), canvas.width, canvas.height + 2), {
      fill,
    }),
  );
  if (row === 3 || row === 2) drawFurrows(stage, heightAt, reach, colour, row);
}

/** The lines of ploughing or mowing, following the hill. */
function drawFurrows(
  { canvas, rng, detail }: Stage,
  heightAt: (share: number) => number,
  reach: number,
  colour: Colour,
  row: number,
): void {
  const furrows = rng.fork(`furrows${row}`);
  const centre = furrows.range(0.25, 0.75);
  let d = '';
  for (let i = 0; i < 7 + 2 * detail; i += 1) {
    const spread = (i - 4) * 0.035;
    const points = [0, 0.25, 0.5, 0.75, 1].map((t): Point => {
      const share = centre + spread * (1 + t * 2.2);
      return [share * canvas.width, heightAt(centre + spread) + t * reach * 1.6 + reach * 0.08];
    });
    d += curve(points);
  }
  canvas.add(
    path(d, {
      fill: 'none',
      stroke: lighten(colour, 0.25),
      'stroke-width': canvas.unit * 0.0028,
      opacity: 0.4,
    }),
  );
}

/** Grass blades and blossoms in the foreground, larger the closer they are. */
function drawBlossoms(stage: Stage, horizon: number): void {
  const { canvas, palette, detail, brief } = stage;
  const rng = stage.rng.fork('blossoms');
  const top = horizon + (canvas.height - horizon) * 0.66;
  const blade = mix(grass(stage, 1, 2), palette.near, 0.45);
  let blades = '';
  for (let i = 0; i < 110 + 90 * detail; i += 1) {
    const depth = rng.next() ** 0.7;
    const [x, y] = [rng.next() * canvas.width, top + depth * (canvas.height - top) * 1.05];
    const height = canvas.unit * (0.012 + 0.04 * depth) * rng.range(0.6, 1.3);
    const bend = height * rng.range(-0.35, 0.35);
    const w = height * 0.07;
    blades += `M${num(x - w)} ${num(y)}Q${num(x)} ${num(y - height * 0.6)} ${num(x + bend)} ${num(y - height)}Q${num(x + w * 2)} ${num(y - height * 0.5)} ${num(x + w)} ${num(y)}Z`;
  }
  canvas.add(path(blades, { fill: blade, opacity: 0.85 }));
  if (brief.features.has('snow')) return;
  const colours = palette.accents.slice(0, 3).map((c) => lighten(c, 0.12));
  const hearts = ['', '', ''];
  for (let i = 0; i < 60 + 40 * detail; i += 1) {
    const depth = rng.next() ** 0.8;
    const [x, y] = [rng.next() * canvas.width, top + depth * (canvas.height - top)];
    const r = canvas.unit * (0.0022 + 0.006 * depth) * rng.range(0.7, 1.2);
    hearts[i % 3] += blossom(x, y, r);
  }
  hearts.forEach((d, i) => canvas.add(path(d, { fill: colours[i], opacity: 0.95 })));
}

function blossom(x: number, y: number, r: number): string {
  let d = '';
  for (let i = 0; i < 5; i += 1) {
    const angle = (i / 5) * 6.283;
    d += dot(x + Math.cos(angle) * r * 0.75, y + Math.sin(angle) * r * 0.6, r * 0.62);
  }
  return d;
}
