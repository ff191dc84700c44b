import { darken, lighten, mix, type Colour } from '../art/colour.js';
import type { Random } from '../art/random.js';
import { drawSky } from '../art/sky.js';
import type { Spot, Stage } from '../art/stage.js';
import { lens, num, path, rect } from '../art/svg.js';
import type { SubjectName } from '../art/vocabulary.js';
import { drawWater } from './sea.js';

interface Building {
  readonly x: number;
  readonly width: number;
  readonly top: number;
}

/** They would drown in the river. */
const GROUNDED: ReadonlySet<SubjectName> = new Set(['cat', 'house', 'tree', 'lighthouse']);

/** A skyline in three depths with lit windows, mirrored in a river. */
export function drawCity(stage: Stage): Spot {
  const { canvas, palette, detail } = stage;
  const quay = canvas.height * stage.rng.fork('quay').range(0.72, 0.78);
  const sun = drawSky(stage, quay);
  canvas.glow(canvas.width / 2, quay, canvas.width * 0.6, palette.haze, 0.55);
  const skyline: string[] = [];
  for (let i = 0; i < 3; i += 1) {
    const depth = (i + 1) / 3;
    skyline.push(...drawBlock(stage, quay, depth));
  }
  const id = canvas.define('g', {}, skyline.join(''));
  canvas.add(`<use href="#${id}"/>`);
  drawWater(stage, quay, canvas.height);
  const flip = `translate(0 ${num(quay * 1.62)}) scale(1 -.62)`;
  canvas.add(`<use href="#${id}" transform="${flip}" opacity=".42"/>`);
  drawRipples(stage, quay, detail);
  canvas.add(
    path(`M0 ${num(quay - 1)}h${canvas.width}v${num(canvas.unit * 0.007)}h-${canvas.width}Z`, {
      fill: darken(palette.near, 0.3),
    }),
  );
  const side = sun.x > canvas.width / 2 ? -1 : 1;
  if (stage.brief.subjects.some((name) => GROUNDED.has(name))) drawLedge(stage);
  return {
    x: canvas.width * (0.5 + side * 0.2),
    y: canvas.height - canvas.unit * 0.14,
    size: canvas.unit * 0.16,
  };
}

/** The wall of the near bank, for somebody to sit on. */
function drawLedge({ canvas, palette }: Stage): void {
  const top = canvas.height - canvas.unit * 0.14;
  const stone = darken(mix(palette.near, palette.haze, 0.16), 0.1);
  canvas.add(
    rect(0, top, canvas.width, canvas.unit * 0.14, { fill: darken(stone, 0.35) }),
    rect(0, top, canvas.width, canvas.unit * 0.022, { fill: lighten(stone, 0.06) }),
  );
}

function drawBlock(stage: Stage, quay: number, depth: number): string[] {
  const { canvas, palette } = stage;
  const rng = stage.rng.fork(`block${depth}`);
  const buildings = layOut(stage, rng, quay, depth);
  const colour = mix(
    mix(palette.haze, palette.far, 0.55),
    darken(palette.near, 0.15),
    depth ** 1.1,
  );
  const fill = canvas.down(
    [
      [0, colour],
      [1, mix(colour, palette.haze, 0.45 * (1.15 - depth))],
    ],
    quay - canvas.height * 0.5,
    quay,
  );
  const walls = buildings.map((b) => silhouette(rng, b, quay)).join('');
  return [path(walls, { fill }), ...lightWindows(stage, rng, buildings, quay, depth)];
}

/** Buildings from edge to edge; the middle of the picture is downtown and taller. */
function layOut({ canvas }: Stage, rng: Random, quay: number, depth: number): Building[] {
  const buildings: Building[] = [];
  const centre = canvas.width * rng.range(0.35, 0.65);
  const tallest = Math.min(canvas.height * 0.52, canvas.unit * 0.66);
  let x = -canvas.unit * 0.02;
  while (x < canvas.width) {
    const width = canvas.unit * rng.range(0.032, 0.085) * (0.7 + 0.35 * depth);
    const near = 1 - Math.min(1, Math.abs(x - centre) / (canvas.width * 0.55));
    const rise = 0.2 + 0.8 * near ** 1.3 * rng.range(0.45, 1);
    const top = quay - tallest * rise * (1.2 - 0.55 * depth) * rng.range(0.55, 1);
    buildings.push({ x, width, top });
    x += width * (rng.chance(0.25) ? 1.3 : 1.02);
  }
  return buildings;
}

/** One building's outline with one of six roofs. */
function silhouette(rng: Random, { x, width, top }: Building, quay: number): string {
  const [l, r, w] = [x, x + width, width];
  const walls = `L${num(r)} ${num(quay)}L${num(l)} ${num(quay)}Z`;
  const roofs = [
    `M${num(l)} ${num(top)}L${num(r)} ${num(top)}`,
    `M${num(l)} ${num(top + w * 0.35)}L${num(r)} ${num(top)}`,
    `M${num(l)} ${num(top + w * 0.5)}L${num(l + w / 2)} ${num(top - w * 0.2)}L${num(r)} ${num(top + w * 0.5)}`,
    `M${num(l)} ${num(top)}h${num(w * 0.18)}v${num(-w * 0.3)}h${num(w * 0.64)}v${num(w * 0.3)}h${num(w * 0.18)}`,
    `M${num(l)} ${num(top + w * 0.4)}Q${num(l + w / 2)} ${num(top - w * 0.5)} ${num(r)} ${num(top + w * 0.4)}`,
    `M${num(l)} ${num(top)}h${num(w * 0.44)}v${num(-w * 0.9)}h${num(w * 0.06)}v${num(w * 0.9)}h${num(w * 0.5)}`,
  ];
  return rng.pick(roofs) + walls;
}

/** Windows in a grid, some lit; all of one colour are one shape, which keeps the drawing small. */
function lightWindows(
  stage: Stage,
  rng: Random,
  buildings: readonly Building[],
  quay: number,
  depth: number,
): string[] {
  const { canvas, palette, brief, detail } = stage;
  const dark = brief.light === 'night' || brief.light === 'sunset';
  const share = dark ? 0.42 : 0.75;
  const step = canvas.unit * (0.0095 + 0.0035 * depth) * (1.35 - 0.17 * detail);
  const [lit, other]: string[][] = [[], []];
  for (const { x, width, top } of buildings) {
    const busy = share * rng.range(0.45, 1.2);
    const inset = step * 0.7;
    for (let wy = top + width * 0.6; wy < quay - step * 1.2; wy += step * 1.25) {
      for (let wx = x + inset; wx < x + width - step * 0.8; wx += step) {
        if (!rng.chance(busy)) continue;
        const size = `h${num(step * 0.46)}v${num(step * 0.6)}h-${num(step * 0.46)}Z`;
        (rng.chance(0.82) ? lit : other).push(`M${num(wx)} ${num(wy)}${size}`);
      }
    }
  }
  const [warm, cool] = windowColours(stage, dark, palette.accents);
  const opacity = (dark ? 0.35 : 0.22) + (dark ? 0.55 : 0.2) * depth;
  return [
    path(lit.join(''), { fill: warm, opacity }),
    path(other.join(''), { fill: cool, opacity }),
  ];
}

function windowColours(
  { palette }: Stage,
  dark: boolean,
  accents: readonly Colour[],
): [Colour, Colour] {
  if (dark) return [mix(palette.local('#ffd68a'), accents[0], 0.3), lighten(accents[1], 0.25)];
  return [lighten(palette.sky[1], 0.45), lighten(palette.light, 0.3)];
}

/** Streaks that break the mirror image into water. */
function drawRipples(stage: Stage, quay: number, detail: number): void {
  const { canvas, palette } = stage;
  const rng = stage.rng.fork('ripples');
  let [dark, bright] = ['', ''];
  const count = 60 + 30 * detail;
  for (let i = 0; i < count; i += 1) {
    const depth = rng.next() ** 0.8;
    const y = quay + depth * (canvas.height - quay);
    const half = canvas.unit * rng.range(0.03, 0.14) * (0.4 + depth);
    const streak = lens(
      rng.next() * canvas.width,
      y,
      half,
      canvas.unit * (0.0008 + 0.0022 * depth),
    );
    if (i % 3 === 0) bright += streak;
    else dark += streak;
  }
  canvas.add(path(dark, { fill: mix(palette.near, palette.sky[0], 0.3), opacity: 0.5 }));
  canvas.add(path(bright, { fill: mix(palette.light, palette.haze, 0.5), opacity: 0.32 }));
}
