import { darken, lighten, mix, tint, type Colour } from '../art/colour.js';
import type { Random } from '../art/random.js';
import { drawSky } from '../art/sky.js';
import type { Luminary, Spot, Stage } from '../art/stage.js';
import { curve, ellipse, line, num, path, polygon, type Point } from '../art/svg.js';
import { closeDown, skyline } from '../art/terrain.js';

/** Dunes with a lit and a shaded side, mesas far off, a cactus or pyramids for scale. */
export function drawDesert(stage: Stage): Spot {
  const { canvas } = stage;
  const horizon = canvas.height * 0.6;
  const sun = drawSky(stage, horizon * 1.04);
  drawMesas(stage, horizon);
  if (stage.rng.fork('pyramids').chance(0.4)) drawPyramids(stage, horizon, sun);
  const layers = 5;
  for (let i = 0; i < layers; i += 1) drawDune(stage, horizon, i / (layers - 1), sun);
  const x = canvas.width * (sun.x > canvas.width / 2 ? 0.2 : 0.8);
  drawCactus(stage, x, canvas.height * 0.82, canvas.unit * 0.16);
  return { x: canvas.width * 0.52, y: canvas.height * 0.8, size: canvas.unit * 0.16 };
}

function sand({ palette, brief }: Stage): Colour {
  const local = palette.local(brief.light === 'night' ? '#5a5f8a' : '#e0a45e');
  const hued = brief.hues[0] ? tint(local, brief.hues[0], 0.5) : local;
  return mix(hued, palette.sky[2], 0.2);
}

function drawMesas({ canvas, palette, rng }: Stage, horizon: number): void {
  const mesas = rng.fork('mesas');
  [0.25, 0.6].forEach((depth) => {
    const points: Point[] = [[-10, horizon + canvas.unit * 0.06]];
    let x = canvas.width * mesas.range(-0.1, 0.1);
    while (x < canvas.width) {
      const width = canvas.unit * mesas.range(0.12, 0.34);
      const top = horizon - canvas.unit * mesas.range(0.03, 0.11) * (1.3 - depth * 0.5);
      const foot = horizon + canvas.unit * 0.02;
      const flank = canvas.unit * 0.025;
      points.push([x, foot], [x + flank, top + flank * 0.6], [x + flank * 1.25, top]);
      points.push(
        [x + width - flank, top],
        [x + width - flank * 0.7, top + flank],
        [x + width, foot],
      );
      x += width + canvas.unit * mesas.range(0.05, 0.4);
    }
    points.push([canvas.width + 10, horizon + canvas.unit * 0.06]);
    const fill = canvas.down(
      [
        [0, mix(palette.haze, palette.far, 0.35 + depth * 0.5)],
        [1, mix(palette.haze, palette.far, depth * 0.3)],
      ],
      horizon - canvas.unit * 0.1,
      horizon + canvas.unit * 0.03,
    );
    canvas.add(path(polygon(points), { fill }));
  });
}

function drawPyramids(stage: Stage, horizon: number, sun: Luminary): void {
  const { canvas, palette } = stage;
  const centre = canvas.width * (sun.x > canvas.width / 2 ? 0.3 : 0.7);
  const light = mix(sand(stage), palette.haze, 0.25);
  const shade = mix(light, palette.near, 0.5);
  [
    [0.15, 0.1],
    [0.0, 0.17],
    [-0.17, 0.12],
  ].forEach(([dx, size]) => {
    const [x, h] = [centre + dx * canvas.unit, size * canvas.unit];
    const [top, foot] = [horizon - h, horizon + canvas.unit * 0.05];
    const ridge = x + h * (sun.x > x ? -0.2 : 0.2);
    const half = h * 1.15;
    const left = polygon([
      [x - half, foot],
      [x, top],
      [ridge, foot],
    ]);
    const right = polygon([
      [x + half, foot],
      [x, top],
      [ridge, foot],
    ]);
    canvas.add(
      path(left, { fill: sun.x < x ? light : shade }),
      path(right, { fill: sun.x < x ? shade : light }),
    );
  });
}

/** A long back, and a crest from which the side away from the sun falls into shade. */
function drawDune(stage: Stage, horizon: number, depth: number, sun: Luminary): void {
  const { canvas, palette } = stage;
  const rng = stage.rng.fork(`dune${depth}`);
  const base = horizon + (canvas.height - horizon) * (0.04 + 0.62 * depth ** 1.2);
  const height = canvas.unit * (0.05 + 0.1 * depth);
  const [phase, waves] = [rng.range(0, 6.28), rng.range(0.7, 1.3) * (1.7 - depth * 0.7)];
  const heightAt = (share: number): number => {
    const swing = Math.sin(phase + share * waves * 6.28);
    return base - height * (0.5 + 0.5 * swing) ** 1.4;
  };
  const lit = mix(palette.haze, sand(stage), 0.35 + 0.6 * depth);
  const shade = mix(lit, mix(palette.near, palette.far, 0.3), 0.35 + 0.2 * depth);
  const fill = canvas.down(
    [
      [0, lighten(lit, 0.12)],
      [0.5, lit],
      [1, mix(lit, shade, 0.6)],
    ],
    base - height,
    base + height * 2.4,
  );
  const points = skyline(canvas.width, 48, heightAt);
  canvas.add(path(closeDown(line(points), canvas.width, canvas.height + 2), { fill }));
  for (let k = -2; k <= 3; k += 1) {
    const crest = (Math.PI / 2 - phase + k * 6.283) / (waves * 6.283);
    if (crest < -0.3 || crest > 1.3) continue;
    drawShade(stage, rng, { crest, length: 1 / waves, heightAt, shade, sun, height });
  }
}

interface Shade {
  readonly crest: number;
  /** From one crest to the next, as a share of the width. */
  readonly length: number;
  readonly heightAt: (share: number) => number;
  readonly shade: Colour;
  readonly sun: Luminary;
  readonly height: number;
}

function drawShade(stage: Stage, rng: Random, dune: Shade): void {
  const { canvas } = stage;
  const away = dune.sun.x / canvas.width > 0.5 ? -1 : 1;
  const [top, reach] = [dune.crest, dune.length * 0.5 * away];
  const back: Point[] = Array.from({ length: 14 }, (_, i) => {
    const share = top + (reach * i) / 13;
    return [share * canvas.width, dune.heightAt(share)];
  });
  const [x, y] = back[0];
  const tail: Point = [x + reach * canvas.width * 0.35, y + dune.height * rng.range(2, 2.6)];
  const sweep: Point[] = [
    back[13],
    [x + reach * canvas.width * 0.62, y + dune.height * 1.6],
    tail,
    [x - reach * canvas.width * 0.06, y + dune.height * 1.1],
    [x + reach * canvas.width * 0.07, y + dune.height * 0.45],
    back[0],
  ];
  const fill = canvas.down(
    [
      [0, dune.shade, 0.95],
      [0.6, dune.shade, 0.55],
      [1, dune.shade, 0],
    ],
    y,
    tail[1],
  );
  canvas.add(path(`${line(back)}${curve(sweep).replace(/^M[^C]*/, '')}Z`, { fill }));
}

function drawCactus(stage: Stage, x: number, y: number, size: number): void {
  const { canvas, palette } = stage;
  const stroke = canvas.linear(
    [
      [0, mix(darken(palette.near, 0.1), palette.local('#3f6b4a'), 0.3)],
      [1, darken(palette.near, 0.35)],
    ],
    [x - size * 0.3, y],
    [x + size * 0.3, y],
  );
  const arm = (dx: number, from: number, to: number): string =>
    `M${num(x)} ${num(y - size * from)}h${num(dx * size * 0.6)}q${num(dx * size * 0.4)} 0 ${num(dx * size * 0.4)} ${num(-size * 0.12)}V${num(y - size * to)}`;
  const half = size * 0.055;
  const trunk = `M${num(x - half)} ${num(y)}V${num(y - size)}a${num(half)} ${num(half)} 0 0 1 ${num(2 * half)} 0V${num(y)}Z`;
  const common = { fill: 'none', stroke, 'stroke-linecap': 'round' };
  canvas.add(
    ellipse(x, y, size * 0.22, size * 0.025, { fill: darken(palette.near, 0.2), opacity: 0.35 }),
    path(trunk, { fill: stroke }),
    path(arm(-0.55, 0.38, 0.72) + arm(0.5, 0.5, 0.86), { ...common, 'stroke-width': size * 0.08 }),
  );
}
