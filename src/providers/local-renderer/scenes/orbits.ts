import { darken, lighten, mix, type Colour } from '../art/colour.js';
import type { Random } from '../art/random.js';
import type { Stage } from '../art/stage.js';
import { circle, dot, line, num, path, polygon, type Point } from '../art/svg.js';

/** A free composition after the constructivists: one great disc, satellites, beams and small accents. */
export function drawOrbits(stage: Stage): undefined {
  const { canvas, palette, brief } = stage;
  const rng = stage.rng.fork('orbits');
  const dark = brief.light === 'night';
  const paper = dark ? darken(palette.sky[0], 0.2) : mix(palette.light, '#f1e7d3', 0.6);
  const ink = dark ? lighten(palette.light, 0.1) : darken(palette.near, 0.2);
  if (stage.backdrop) {
    canvas.fill(
      canvas.radial(
        [
          [0, lighten(paper, 0.12)],
          [1, mix(paper, palette.far, 0.28)],
        ],
        canvas.width * 0.4,
        canvas.height * 0.35,
        Math.max(canvas.width, canvas.height) * 0.8,
      ),
    );
  }
  const lean = rng.chance(0.5) ? 1 : -1;
  const hero: Point = [
    canvas.width / 2 - lean * canvas.unit * rng.range(0.06, 0.14),
    canvas.height * rng.range(0.38, 0.46),
  ];
  drawBeams(stage, rng, hero, lean, ink);
  drawDisc(stage, rng, hero, canvas.unit * rng.range(0.24, 0.29), ink);
  drawSatellites(stage, rng, hero, ink);
  drawAccents(stage, rng, ink, lean);
  return undefined;
}

function drawDisc(stage: Stage, rng: Random, [x, y]: Point, r: number, ink: Colour): void {
  const { canvas, palette, detail } = stage;
  const start = rng.int(0, 3);
  const count = 4 + detail;
  canvas.glow(x, y, r * 1.5, palette.accents[start], 0.35);
  for (let i = 0; i < count; i += 1) {
    const share = 1 - i / count;
    const colour = palette.accents[(start + i) % 4];
    const shift = (1 - share) * r * 0.28;
    const fill = canvas.linear(
      [
        [0, lighten(colour, 0.16)],
        [1, darken(colour, 0.16)],
      ],
      [x - r, y - r],
      [x + r, y + r],
    );
    canvas.add(circle(x + shift, y - shift * 0.6, r * share ** 1.15, { fill }));
  }
  canvas.add(
    circle(x, y, r * 1.13, {
      fill: 'none',
      stroke: ink,
      'stroke-width': canvas.unit * 0.0028,
      'stroke-dasharray': `${num(r * 1.9)} ${num(r * 0.22)} ${num(r * 0.5)} ${num(r * 0.3)}`,
    }),
  );
}

/** Long thin beams and a translucent wedge that cross behind the disc. */
function drawBeams(
  { canvas, palette }: Stage,
  rng: Random,
  [x, y]: Point,
  lean: number,
  ink: Colour,
): void {
  const reach = Math.hypot(canvas.width, canvas.height);
  const wedge = -0.6 * lean + (lean < 0 ? Math.PI : 0) + rng.range(-0.15, 0.15);
  const tip = (angle: number): Point => [x + Math.cos(angle) * reach, y + Math.sin(angle) * reach];
  const behind: Point = [
    x - Math.cos(wedge) * canvas.unit * 0.5,
    y - Math.sin(wedge) * canvas.unit * 0.5,
  ];
  canvas.add(
    path(polygon([behind, tip(wedge - 0.1), tip(wedge + 0.13)]), {
      fill: palette.accents[rng.int(0, 3)],
      opacity: 0.3,
    }),
  );
  for (let i = 0; i < 5; i += 1) {
    const angle = wedge + rng.range(-0.9, 0.9);
    const far = tip(angle);
    canvas.add(
      path(line([[2 * x - far[0], 2 * y - far[1]], far]), {
        stroke: ink,
        'stroke-width': canvas.unit * rng.pick([0.0014, 0.0014, 0.003, 0.007]),
        opacity: rng.range(0.35, 0.8),
      }),
    );
  }
}

function drawSatellites(
  { canvas, palette, detail }: Stage,
  rng: Random,
  [x, y]: Point,
  ink: Colour,
): void {
  for (let i = 0; i < 6 + 2 * detail; i += 1) {
    const angle = rng.range(0, 6.283);
    const distance = canvas.unit * rng.range(0.33, 0.62);
    const r = canvas.unit * rng.range(0.012, 0.062);
    const [cx, cy] = [x + Math.cos(angle) * distance * 1.1, y + Math.sin(angle) * distance];
    const colour = rng.pick(palette.accents);
    const ring = { fill: 'none', stroke: ink, 'stroke-width': canvas.unit * 0.002 };
    canvas.add(circle(cx, cy, r, { fill: colour, opacity: 0.92 }));
    if (rng.chance(0.5)) canvas.add(circle(cx, cy, r * 1.4, ring));
    if (rng.chance(0.4)) canvas.add(circle(cx, cy, r * 0.42, { fill: ink }));
  }
}

/** Small things that give scale: a chequered strip, arcs, a row of dots, triangles. */
function drawAccents({ canvas, palette }: Stage, rng: Random, ink: Colour, lean: number): void {
  const u = canvas.unit;
  const [x, y] = [canvas.width / 2 + lean * u * 0.28, canvas.height * rng.range(0.58, 0.66)];
  const tilt = lean * rng.range(-28, -12);
  let [checks, dots] = ['', ''];
  for (let i = 0; i < 16; i += 1) {
    const size = u * 0.022;
    if ((i + (i % 2 ? 1 : 0)) % 2 === 0) {
      checks += `M${num(Math.floor(i / 2) * size)} ${num((i % 2) * size)}m${num((i % 2) * 0)} 0h${num(size / 2)}v${num(size)}h${num(-size / 2)}Z`;
    }
    dots += dot(i * u * 0.017, u * 0.075, u * 0.0035);
  }
  const triangle = polygon([
    [u * 0.02, -u * 0.11],
    [u * 0.17, -u * 0.03],
    [-u * 0.02, -u * 0.02],
  ]);
  const arcs = [0.05, 0.065, 0.08]
    .map(
      (r) =>
        `M${num(-u * r)} ${num(u * 0.16)}a${num(u * r)} ${num(u * r)} 0 0 1 ${num(2 * u * r)} 0`,
    )
    .join('');
  canvas.add(
    `<g transform="translate(${num(x - u * 0.12)} ${num(y)}) rotate(${num(tilt)})">`,
    path(triangle, { fill: rng.pick(palette.accents), opacity: 0.9 }),
    path(checks, { fill: ink }),
    path(dots, { fill: ink }),
    path(arcs, { fill: 'none', stroke: ink, 'stroke-width': u * 0.0028 }),
    '</g>',
  );
}
