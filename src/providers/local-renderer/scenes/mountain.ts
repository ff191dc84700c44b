import { darken, lighten, mix, type Colour } from '../art/colour.js';
import type { Random } from '../art/random.js';
import { drawBirds, drawSky } from '../art/sky.js';
import type { Luminary, Spot, Stage } from '../art/stage.js';
import { line, num, path, polygon, type Point } from '../art/svg.js';
import { closeDown, fractal, skyline } from '../art/terrain.js';
import { drawGlitter, drawWater } from './sea.js';
import { drawTreeLine } from './trees.js';

/** Ranges fading into the distance, a snowy massif, and a lake or a wooded valley in front. */
export function drawMountains(stage: Stage): Spot {
  const { canvas, rng } = stage;
  const foot = canvas.height * 0.66;
  const sun = drawSky(stage, foot, 0.42);
  drawFarRanges(stage, foot);
  drawMassif(stage, foot, sun);
  drawMist(stage, foot);
  const lake = stage.brief.features.has('lake') || rng.fork('lake').chance(0.6);
  if (lake) drawLake(stage, foot, sun);
  else drawValley(stage, foot);
  drawFoothills(stage, lake);
  if (stage.brief.subjects.length === 0) {
    drawBirds(stage, canvas.width * (1 - sun.x / canvas.width), foot * 0.34, canvas.unit * 0.16);
  }
  return { x: canvas.width * 0.66, y: canvas.height * 0.885, size: canvas.unit * 0.17 };
}

function drawFarRanges(stage: Stage, foot: number): void {
  const { canvas, palette } = stage;
  [0, 1].forEach((i) => {
    const relief = fractal(stage.rng.fork(`range${i}`), 5);
    const scale = (canvas.width / canvas.unit) * (2.6 + i);
    const points = skyline(canvas.width, 130, (share) => {
      const ridge = 1 - Math.abs(2 * relief(share * scale) - 1);
      return foot * (0.56 + 0.14 * i) - canvas.unit * 0.14 * ridge;
    });
    const fill = canvas.down(
      [
        [0, mix(palette.haze, palette.far, 0.42 + 0.3 * i)],
        [1, mix(palette.haze, palette.far, 0.08 + 0.12 * i)],
      ],
      foot * (0.42 + 0.14 * i),
      foot,
    );
    canvas.add(path(closeDown(line(points), canvas.width, foot), { fill }));
  });
}

/** Points of a ridge; snow is measured in them. */
const STEPS = 20;

interface Peak {
  readonly x: number;
  readonly top: number;
  readonly half: number;
  readonly depth: number;
}

/** Three to five peaks, the tallest off centre; small ones behind. */
function drawMassif(stage: Stage, foot: number, sun: Luminary): void {
  const { canvas } = stage;
  const rng = stage.rng.fork('massif');
  const side = sun.x > canvas.width / 2 ? -1 : 1;
  const hero = 0.5 + side * rng.range(0.1, 0.2);
  const wide = Math.max(1, canvas.width / canvas.unit);
  const peaks: Peak[] = [{ x: hero, top: 0.4, half: 0.42, depth: 1 }];
  for (let i = 0; i < Math.round(2 + 2 * wide); i += 1) {
    const x = rng.range(-0.05, 1.05);
    const near = 1 - Math.min(1, Math.abs(x - hero) * 1.6);
    const top = rng.range(0.2, 0.3) + near * 0.06;
    peaks.push({ x, top, half: rng.range(0.28, 0.4), depth: rng.range(0.45, 0.85) });
  }
  peaks.sort((a, b) => a.depth - b.depth);
  for (const peak of peaks) drawPeak(stage, rng, peak, foot, sun);
}

/** A peak in two tones: the face towards the light, and the other, with snow on the upper third. */
function drawPeak(stage: Stage, rng: Random, peak: Peak, foot: number, sun: Luminary): void {
  const { canvas, palette } = stage;
  const [x, height] = [peak.x * canvas.width, peak.top * canvas.height * 1.05];
  const half = peak.half * Math.max(canvas.unit, canvas.width * 0.6);
  const apex: Point = [x, foot - height];
  const rough = half * 0.016;
  const left = slope(rng, apex, [x - half, foot], rough);
  const right = slope(rng, apex, [x + half, foot], rough);
  const spine = slope(rng, apex, [x + half * rng.range(-0.15, 0.2), foot], half * 0.045);
  const lit = mix(palette.far, palette.near, 0.2 + 0.4 * peak.depth);
  const dark = mix(lit, palette.near, 0.55);
  const faces: [Point[], Colour][] = [
    [[...left].reverse().concat(spine.slice(1)), sun.x < x ? lighten(lit, 0.14) : dark],
    [[...right].reverse().concat(spine.slice(1)), sun.x < x ? dark : lighten(lit, 0.14)],
  ];
  for (const [face, colour] of faces) {
    const fill = canvas.down(
      [
        [0, colour],
        [0.55, mix(colour, palette.haze, 0.22)],
        [1, mix(colour, palette.haze, 0.75)],
      ],
      apex[1],
      foot,
    );
    canvas.add(path(polygon(face), { fill, stroke: fill, 'stroke-width': 0.7 }));
  }
  const snow = mix(lighten(palette.light, 0.55), palette.haze, 0.35 - 0.25 * peak.depth);
  const shade = mix(snow, dark, 0.38);
  const [onLeft, onRight] = sun.x < x ? [snow, shade] : [shade, snow];
  drawSnow(stage, rng, left, spine, onLeft, peak.depth);
  drawSnow(stage, rng, right, spine, onRight, peak.depth);
}

/** A jagged descent from `from` to `to`, always downwards, that swings out by `sway` px. */
function slope(rng: Random, from: Point, to: Point, sway: number): Point[] {
  return Array.from({ length: STEPS + 1 }, (_, i) => {
    const share = i / STEPS;
    const free = i === 0 || i === STEPS ? 0 : 1;
    const sag = Math.sin(Math.PI * share) * 0.08 * (to[0] - from[0]);
    const jag = (i % 2 === 0 ? 1 : -1) * rng.range(0.1, 1) * sway * free;
    return [
      from[0] + (to[0] - from[0]) * share - sag + jag,
      from[1] + (to[1] - from[1]) * (share + (free * rng.range(-0.3, 0.3)) / STEPS),
    ] as const;
  });
}

/** Snow lies between the outer edge and the spine, and runs out downwards in tongues. */
function drawSnow(
  { canvas }: Stage,
  rng: Random,
  edge: readonly Point[],
  spine: readonly Point[],
  fill: Colour,
  depth: number,
): void {
  const reach = Math.round(3 + 4 * depth);
  const [a, b] = [edge[reach], spine[reach]];
  const tongues: Point[] = [];
  const fall = edge[reach][1] - edge[0][1];
  for (let i = 1; i < 8; i += 1) {
    const share = i / 8;
    const drop = (i % 2 === 0 ? 0.02 : 0.34) * fall * rng.range(0.5, 1.2);
    tongues.push([a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share + drop]);
  }
  const outline = [...edge.slice(0, reach + 1), ...tongues, ...spine.slice(0, reach + 1).reverse()];
  canvas.add(path(polygon(outline), { fill, opacity: 0.92 }));
}

function drawMist({ canvas, palette }: Stage, foot: number): void {
  const fill = canvas.down(
    [
      [0, palette.haze, 0],
      [0.75, palette.haze, 0.75],
      [1, palette.haze, 0.85],
    ],
    foot * 0.76,
    foot,
  );
  canvas.add(
    path(`M0 ${num(foot * 0.76)}h${canvas.width}v${num(foot * 0.24 + 1)}h-${canvas.width}Z`, {
      fill,
    }),
  );
}

function drawValley({ canvas, palette }: Stage, foot: number): void {
  const [w, h] = [canvas.width, canvas.height * 0.3];
  canvas.add(path(`M0 ${num(foot - 1)}h${w}v${num(h)}h-${w}Z`, { fill: palette.haze }));
}

function drawLake(stage: Stage, foot: number, sun: Luminary): void {
  const { canvas } = stage;
  const top = foot - 1;
  drawWater(stage, top, canvas.height);
  drawGlitter(stage, sun, top, canvas.height);
  drawTreeLine(stage, {
    base: top + canvas.unit * 0.004,
    height: 0.035,
    depth: 0.35,
    seed: 'shore',
  });
}

/** Dark wooded slopes that frame the view from below. */
function drawFoothills(stage: Stage, lake: boolean): void {
  const { canvas, palette, rng } = stage;
  const layers = lake ? [0.93] : [0.7, 0.78, 0.88];
  layers.forEach((level, i) => {
    const relief = fractal(rng.fork(`foothill${i}`), 3);
    const depth = lake ? 1 : 0.45 + (0.55 * (i + 1)) / layers.length;
    const heightAt = (share: number): number =>
      canvas.height * level -
      canvas.unit * 0.13 * (relief(share * 3.1) - 0.45) * (0.6 + depth * 0.4);
    const colour = mix(palette.far, darken(palette.near, 0.15), depth);
    drawTreeLine(stage, {
      base: heightAt,
      height: 0.045 + 0.06 * depth * (lake ? 1.1 : i / 2),
      depth,
      seed: `wood${i}`,
      colour,
    });
    const d = line(skyline(canvas.width, 60, heightAt));
    const fill = canvas.down(
      [
        [0, colour],
        [1, mix(colour, palette.haze, 0.3 * (1 - depth))],
      ],
      canvas.height * level,
      canvas.height * Math.min(1, level + 0.15),
    );
    canvas.add(path(closeDown(d, canvas.width, canvas.height + 2), { fill }));
  });
}
