import { adjust, darken, lighten, mix, type Colour } from '../art/colour.js';
import type { Random } from '../art/random.js';
import { drawStars } from '../art/sky.js';
import type { Spot, Stage } from '../art/stage.js';
import { circle, dot, ellipse, num, path, rect } from '../art/svg.js';

interface Ball {
  readonly x: number;
  readonly y: number;
  readonly r: number;
  readonly colour: Colour;
}

/** Nebulae, stars, and one or more planets lit by a sun outside the picture. */
export function drawSpace(stage: Stage): Spot {
  const { canvas, palette, rng } = stage;
  canvas.fill(
    canvas.linear(
      [
        [0, darken(palette.sky[0], 0.35)],
        [0.6, darken(palette.sky[1], 0.45)],
        [1, darken(palette.sky[0], 0.5)],
      ],
      [0, 0],
      [canvas.width, canvas.height],
    ),
  );
  drawNebula(stage);
  drawStars(stage, canvas.height / 0.96, 2.4);
  const place = rng.fork('planets');
  const side = place.chance(0.5) ? 1 : -1;
  const hero: Ball = {
    x: canvas.width * (0.5 + side * place.range(0.08, 0.16)),
    y: canvas.height * place.range(0.4, 0.48),
    r: canvas.unit * place.range(0.17, 0.23),
    colour: place.pick(palette.accents),
  };
  drawMoonlet(stage, {
    x: canvas.width * (0.5 - side * place.range(0.24, 0.32)),
    y: canvas.height * place.range(0.16, 0.3),
    r: canvas.unit * place.range(0.035, 0.055),
    colour: place.pick(palette.accents),
  });
  drawRinged(stage, hero, place);
  drawLimb(stage, side);
  return { x: canvas.width * (0.5 - side * 0.1), y: canvas.height * 0.86, size: canvas.unit * 0.2 };
}

/** Clouds of gas along a diagonal: many soft discs of neighbouring hues. */
function drawNebula({ canvas, palette, rng, detail }: Stage): void {
  const gas = rng.fork('nebula');
  const lean = gas.chance(0.5) ? 1 : -1;
  const hues = [palette.accents[3], palette.accents[1], palette.accents[2], palette.sky[2]];
  for (let i = 0; i < 12 + 5 * detail; i += 1) {
    const along = gas.range(-0.1, 1.1);
    const off = (gas.next() + gas.next() - 1) * 0.34;
    const x = canvas.width * along;
    const y = canvas.height * (0.5 + lean * (along - 0.5) * 0.7 + off);
    const r = canvas.unit * gas.range(0.1, 0.34);
    const colour = adjust(gas.pick(hues), (c) => ({ hue: c.hue + gas.range(-0.3, 0.3) }));
    canvas.glow(x, y, r, colour, gas.range(0.12, 0.3));
  }
}

function drawMoonlet({ canvas, palette }: Stage, { x, y, r, colour }: Ball): void {
  const lit = lighten(mix(colour, palette.light, 0.5), 0.15);
  const fill = canvas.radial(
    [
      [0, lit],
      [0.6, mix(lit, palette.sky[0], 0.35)],
      [1, mix(lit, palette.sky[0], 0.85)],
    ],
    x - r * 0.45,
    y - r * 0.45,
    r * 1.7,
  );
  canvas.add(circle(x, y, r, { fill }));
}

/** A banded ball with a night side and a thin lit atmosphere. */
function drawPlanet(stage: Stage, ball: Ball, rng: Random): void {
  const { canvas, palette } = stage;
  const { x, y, r, colour } = ball;
  canvas.glow(x - r * 0.2, y - r * 0.2, r * 1.7, lighten(colour, 0.2), 0.4);
  const clip = canvas.define('clipPath', {}, circle(x, y, r, {}));
  let bands = circle(x, y, r, { fill: colour });
  let level = y - r;
  while (level < y + r) {
    const height = r * rng.range(0.06, 0.24);
    const tone = rng.chance(0.5)
      ? lighten(colour, rng.range(0.08, 0.4))
      : darken(colour, rng.range(0.05, 0.3));
    const bulge = r * 0.12;
    bands += path(
      `M${num(x - r)} ${num(level)}Q${num(x)} ${num(level + bulge)} ${num(x + r)} ${num(level)}` +
        `v${num(height)}Q${num(x)} ${num(level + height + bulge)} ${num(x - r)} ${num(level + height)}Z`,
      { fill: tone, opacity: 0.7 },
    );
    level += height * rng.range(1, 1.7);
  }
  canvas.add(
    `<g clip-path="url(#${clip})" transform="rotate(-18 ${num(x)} ${num(y)})">${bands}</g>`,
  );
  const night = canvas.radial(
    [
      [0.25, darken(palette.sky[0], 0.5), 0],
      [0.5, darken(palette.sky[0], 0.5), 0.22],
      [0.76, darken(palette.sky[0], 0.55), 0.78],
      [1, darken(palette.sky[0], 0.6), 0.96],
    ],
    x - r * 0.5,
    y - r * 0.5,
    r * 1.75,
  );
  canvas.add(circle(x, y, r * 1.004, { fill: night }));
}

/** The ring's far half lies behind the planet, its near half in front. */
function drawRinged(stage: Stage, ball: Ball, rng: Random): void {
  const { canvas, palette } = stage;
  const { x, y, r } = ball;
  const tilt = rng.range(-26, -12);
  const tone = mix(palette.light, ball.colour, 0.4);
  const half = (sweep: 0 | 1): string =>
    [
      [1.95, 0.07, 0.35],
      [1.78, 0.13, 0.75],
      [1.58, 0.1, 0.5],
    ]
      .map(([size, width, opacity]) => {
        const [rx, ry] = [r * size, r * size * 0.24];
        const d = `M${num(x - rx)} ${num(y)}A${num(rx)} ${num(ry)} 0 0 ${sweep} ${num(x + rx)} ${num(y)}`;
        return path(d, { fill: 'none', stroke: tone, 'stroke-width': r * width, opacity });
      })
      .join('');
  const rotate = `rotate(${num(tilt)} ${num(x)} ${num(y)})`;
  canvas.add(`<g transform="${rotate}">${half(1)}</g>`);
  drawPlanet(stage, ball, rng);
  canvas.add(`<g transform="${rotate}">${half(0)}</g>`);
}

/** The curved edge of a world close by, with its air glowing. */
function drawLimb(stage: Stage, side: number): void {
  const { canvas, palette, rng } = stage;
  const craters = rng.fork('limb');
  const r = Math.max(canvas.width, canvas.height) * 1.15;
  const x = canvas.width * (0.5 - side * 0.22);
  const y = canvas.height * 0.86 + r;
  const air = palette.accents[1];
  canvas.add(
    circle(x, y, r * 1.07, {
      fill: canvas.radial(
        [
          [0.925, air, 0.7],
          [0.95, air, 0.26],
          [1, air, 0],
        ],
        x,
        y,
        r * 1.07,
      ),
    }),
  );
  const ground = mix(darken(palette.near, 0.2), air, 0.14);
  canvas.add(
    circle(x, y, r, {
      fill: canvas.down(
        [
          [0, lighten(ground, 0.16)],
          [1, darken(ground, 0.5)],
        ],
        canvas.height * 0.85,
        canvas.height,
      ),
    }),
  );
  for (let i = 0; i < 9; i += 1) {
    const cx = canvas.width * craters.range(0, 1);
    const rim = y - Math.sqrt(Math.max(0, r * r - (cx - x) ** 2));
    const cy = rim + canvas.unit * craters.range(0.015, 0.12);
    const size = canvas.unit * craters.range(0.01, 0.034);
    canvas.add(
      ellipse(cx, cy, size, size * 0.3, { fill: darken(ground, 0.5), opacity: 0.6 }),
      ellipse(cx, cy + size * 0.07, size * 0.92, size * 0.24, {
        fill: lighten(ground, 0.1),
        opacity: 0.35,
      }),
    );
  }
  if (stage.brief.subjects.length === 0) drawRocket(stage, canvas.width * (0.5 - side * 0.27));
}

/** A small rocket on its way up, for scale. */
function drawRocket({ canvas, palette }: Stage, x: number): void {
  const size = canvas.unit * 0.07;
  const y = canvas.height * 0.6;
  const hull = lighten(palette.light, 0.4);
  const flame = canvas.down(
    [
      [0, '#fff3c4', 0.95],
      [0.3, palette.accents[0], 0.8],
      [1, palette.accents[0], 0],
    ],
    0,
    size * 3,
  );
  const [w, h] = [size * 0.22, size];
  const body =
    path(`M${num(-w * 0.6)} 0Q0 ${num(h * 3.2)} ${num(w * 0.6)} 0Z`, { fill: flame }) +
    path(
      `M${num(-w)} ${num(-h * 0.2)}L${num(-w * 2)} ${num(h * 0.12)}H${num(w * 2)}L${num(w)} ${num(-h * 0.2)}Z`,
      {
        fill: palette.accents[0],
      },
    ) +
    path(
      `M${num(-w)} 0Q${num(-w * 1.4)} ${num(-h * 0.7)} 0 ${num(-h * 1.2)}Q${num(w * 1.4)} ${num(-h * 0.7)} ${num(w)} 0Z`,
      {
        fill: hull,
      },
    ) +
    path(dot(0, -h * 0.58, w * 0.42), { fill: darken(palette.sky[0], 0.2) }) +
    rect(-w, -h * 0.08, 2 * w, h * 0.08, { fill: mix(hull, palette.near, 0.4) });
  canvas.add(`<g transform="translate(${num(x)} ${num(y)}) rotate(24)">${body}</g>`);
}
