import { mix, type Colour } from '../art/colour.js';
import type { Random } from '../art/random.js';
import type { Stage } from '../art/stage.js';
import { dot, num, path } from '../art/svg.js';
import { lineNoise } from '../art/terrain.js';

export interface TreeLine {
  /** The ground, px: level, or by share of the width. */
  readonly base: number | ((share: number) => number);
  /** Of an average tree, as a share of the picture's shorter side. */
  readonly height: number;
  /** 0 far away to 1 near: how little the air covers. */
  readonly depth: number;
  /** Names the sequence of random numbers. */
  readonly seed: string;
  readonly colour?: Colour;
  /** Trees per own width; 1 makes a closed wood. */
  readonly density?: number;
  readonly leafy?: boolean;
  /** Share of the line left bare between clumps of trees. */
  readonly clumps?: number;
}

/** A row of trees across the picture, as one shape. */
export function drawTreeLine(stage: Stage, row: TreeLine): void {
  const { canvas, palette } = stage;
  const rng = stage.rng.fork(row.seed);
  const average = row.height * canvas.unit;
  const groundAt = typeof row.base === 'number' ? (): number => row.base as number : row.base;
  const step = (average * 0.3) / (row.density ?? 1);
  const clump = lineNoise(rng);
  let d = '';
  for (let x = -average * 0.3; x < canvas.width + average * 0.3; x += step * rng.range(0.6, 1.4)) {
    const height = average * rng.range(0.6, 1.25);
    if (clump(40 + (x / canvas.unit) * 7) < (row.clumps ?? 0)) continue;
    const y = groundAt(x / canvas.width) + average * 0.12;
    d += row.leafy ? leafyTree(rng, x, y, height) : conifer(rng, x, y, height);
  }
  const fill = row.colour ?? mix(palette.far, palette.near, row.depth);
  canvas.add(path(d, { fill }));
}

/** A spruce: tiers of drooping branches that narrow to the tip. */
export function conifer(rng: Random, x: number, y: number, height: number): string {
  const half = height * rng.range(0.17, 0.23);
  const tiers = height > 110 ? 7 : height > 50 ? 5 : 3;
  let [right, left] = ['', ''];
  for (let i = 1; i <= tiers; i += 1) {
    const share = i / tiers;
    const level = y - height * (1 - share * 0.9);
    const reach = half * share ** 0.85;
    const [east, west] = [reach * rng.range(0.86, 1.1), reach * rng.range(0.86, 1.1)];
    const droop = num(level - height * 0.012);
    right += `L${num(x + east)} ${num(level)}L${num(x + east * 0.52)} ${droop}`;
    left = `L${num(x - west * 0.52)} ${droop}L${num(x - west)} ${num(level)}${left}`;
  }
  const trunk = half * 0.13;
  const foot = `L${num(x + trunk)} ${num(y)}L${num(x - trunk)} ${num(y)}`;
  return `M${num(x)} ${num(y - height)}${right}${foot}${left}Z`;
}

/** A broad crown of overlapping rounds on a short trunk. */
export function leafyTree(rng: Random, x: number, y: number, height: number): string {
  const r = height * 0.3;
  let d = `M${num(x - height * 0.03)} ${num(y)}v${num(-height * 0.5)}h${num(height * 0.06)}v${num(height * 0.5)}Z`;
  const crown: [number, number, number][] = [
    [0, -0.68, 1],
    [-0.2, -0.52, 0.8],
    [0.2, -0.52, 0.8],
    [-0.1, -0.82, 0.68],
    [0.13, -0.8, 0.62],
  ];
  for (const [dx, dy, size] of crown) {
    d += dot(x + dx * height, y + dy * height, r * size * rng.range(0.85, 1.12));
  }
  return d;
}
