import { darken, lighten, mix, type Colour } from './colour.js';
import { drawBirds } from './sky.js';
import type { Spot, Stage } from './stage.js';
import { circle, dot, ellipse, num, path } from './svg.js';
import type { SubjectName } from './vocabulary.js';
import { leafyTree } from '../scenes/trees.js';

/** Puts what the prompt is about into the scene, standing on `spot`. */
export function drawSubject(stage: Stage, name: SubjectName, spot: Spot): void {
  SUBJECTS[name](stage, spot);
}

type Draw = (stage: Stage, spot: Spot) => void;

const SUBJECTS: Readonly<Record<SubjectName, Draw>> = {
  cat: drawCat,
  boat: drawBoat,
  birds: ({ canvas, ...stage }, { x }) =>
    drawBirds({ canvas, ...stage }, x, canvas.height * 0.3, canvas.unit * 0.34),
  balloon: drawBalloon,
  lighthouse: drawLighthouse,
  house: drawHouse,
  tree: ({ canvas, palette, rng }, { x, y, size }) =>
    canvas.add(
      path(leafyTree(rng.fork('tree'), x, y, size * 1.5), { fill: darken(palette.near, 0.2) }),
    ),
};

/** Draws in a box of 100 units height whose foot is at the spot. */
function place({ canvas }: Stage, { x, y, size }: Spot, markup: string): void {
  canvas.add(
    `<g transform="translate(${num(x)} ${num(y)}) scale(${String(size / 100)})">${markup}</g>`,
  );
}

/** The first colour word paints the subject; without one it is a silhouette against the light. */
function coat({ brief, palette }: Stage): Colour {
  return brief.hues[0] ? mix(palette.accents[0], palette.near, 0.25) : darken(palette.near, 0.3);
}

/** A cat seen from behind, looking into the picture, with the light on its outline. */
function drawCat(stage: Stage, spot: Spot): void {
  const { palette } = stage;
  const fur = coat(stage);
  const rim = mix(mix(palette.light, palette.sky[2], 0.3), fur, 0.3);
  const tail = 'M16 -6C44 -2 58 -18 46 -34C41 -41 33 -35 37 -29C42 -22 34 -13 14 -16Z';
  const body =
    'M-24 0C-34 -6 -31 -34 -20 -50C-15 -57 -14 -60 -14 -64L14 -64C14 -60 15 -57 20 -50C31 -34 34 -6 24 0Z';
  const head =
    'M-20 -76C-20 -84 -21 -94 -19 -101C-14 -100 -10 -96 -7 -92C-3 -93 3 -93 7 -92C10 -96 14 -100 19 -101' +
    'C21 -94 20 -84 20 -76C20 -64 11 -58 0 -58C-11 -58 -20 -64 -20 -76Z';
  const parts = [tail, body, head];
  const edge = { fill: rim, stroke: rim, 'stroke-width': 1.8 };
  const outline = parts.map((d) => path(d, edge)).join('');
  const inner = parts.map((d) => path(d, { fill: fur })).join('');
  const ears = path('M-16 -95L-15 -87L-10 -91ZM16 -95L15 -87L10 -91Z', {
    fill: lighten(fur, 0.16),
  });
  const back = path('M0 -56C-3 -36 -3 -18 0 -3', {
    fill: 'none',
    stroke: lighten(fur, 0.12),
    'stroke-width': 1.6,
    'stroke-linecap': 'round',
  });
  const shade = ellipse(4, 1, 38, 4, { fill: darken(palette.near, 0.5), opacity: 0.4 });
  place(stage, { ...spot, size: spot.size * 1.2 }, shade + outline + inner + ears + back);
}

/** A small sailing boat and its broken mirror image. */
function drawBoat(stage: Stage, spot: Spot): void {
  const { palette, brief } = stage;
  const sail = brief.hues[0] ? palette.accents[0] : lighten(palette.light, 0.3);
  const hull = darken(palette.near, 0.15);
  const boat =
    path('M-34 -12L36 -12C33 -4 27 0 20 0L-22 0C-28 0 -32 -5 -34 -12Z', { fill: hull }) +
    path('M-34 -12L36 -12L35 -9L-33 -9Z', { fill: palette.accents[0] }) +
    path('M-1.2 -12L-1.2 -100L1.2 -100L1.2 -12Z', { fill: hull }) +
    path('M4 -97C26 -70 34 -42 33 -18L4 -18Z', { fill: sail }) +
    path('M4 -97C12 -70 14 -42 13 -18L4 -18Z', { fill: mix(sail, palette.far, 0.3) }) +
    path('M-4 -92C-20 -66 -29 -40 -30 -18L-4 -18Z', { fill: mix(sail, palette.sky[1], 0.25) });
  const mirror = `<g transform="scale(1 -.55)" opacity=".28">${boat}</g>`;
  const wake = path(
    'M-60 1Q0 -2.5 64 1Q0 5 -60 1ZM-44 8Q6 5 50 8Q4 11 -44 8ZM-30 16Q8 14 38 16Q4 18 -30 16Z',
    {
      fill: palette.light,
      opacity: 0.35,
    },
  );
  place(stage, spot, mirror + boat + wake);
}

/** A striped hot-air balloon high over the land, and a small one further off. */
function drawBalloon(stage: Stage, spot: Spot): void {
  const { canvas, palette } = stage;
  const [a, b, c] = palette.accents;
  const gore = (x: number, fill: Colour): string =>
    path(`M0 -104C${num(x * 1.33)} -104 ${num(x * 1.33)} -52 ${num(x * 0.24)} -34L0 -34Z`, {
      fill,
    });
  const envelope = [
    ['-40', a],
    ['40', darken(a, 0.18)],
    ['-27', lighten(c, 0.05)],
    ['27', darken(c, 0.12)],
    ['-12', b],
    ['12', darken(b, 0.12)],
  ] as const;
  const balloon =
    envelope.map(([x, fill]) => gore(Number(x), fill)).join('') +
    path('M-9 -34L-5 -19M9 -34L5 -19', { stroke: darken(palette.near, 0.2), 'stroke-width': 0.9 }) +
    path('M-6.5 -19H6.5L5 -8H-5Z', { fill: darken(palette.near, 0.1) }) +
    ellipse(-14, -84, 6, 12, { fill: '#ffffff', opacity: 0.22, transform: 'rotate(24 -14 -84)' });
  const high = { x: spot.x, y: canvas.height * 0.44, size: canvas.unit * 0.27 };
  place(stage, high, balloon);
  const side = spot.x > canvas.width / 2 ? -1 : 1;
  place(
    stage,
    { x: spot.x + side * canvas.unit * 0.36, y: canvas.height * 0.28, size: canvas.unit * 0.1 },
    `<g opacity=".85">${balloon}</g>`,
  );
}

/** A tower on a rock; at night its beam sweeps out. */
function drawLighthouse(stage: Stage, spot: Spot): void {
  const { palette, brief } = stage;
  const white = mix(lighten(palette.light, 0.3), palette.haze, 0.2);
  const red = mix(palette.local('#d8433f'), palette.near, brief.light === 'night' ? 0.4 : 0.12);
  const rock = darken(palette.near, 0.15);
  const dark = brief.light === 'night' || brief.light === 'sunset' || brief.light === 'overcast';
  const beam = stage.canvas.linear(
    [
      [0, palette.light, 0.65],
      [1, palette.light, 0],
    ],
    [0, -101],
    [-230, -101],
  );
  const tower =
    (dark ? path('M0 -101L-230 -150L-230 -74Z', { fill: beam }) : '') +
    path(
      'M-62 4C-52 -10 -40 -14 -30 -24C-16 -30 -6 -24 6 -28C22 -26 30 -16 40 -12C54 -8 60 -2 70 4Z',
      {
        fill: rock,
      },
    ) +
    path('M-12 -26L-8 -94L8 -94L12 -26Z', { fill: white }) +
    path('M-10.9 -44L-10 -60L10 -60L10.9 -44ZM-9 -76L-8.2 -90L8.2 -90L9 -76Z', { fill: red }) +
    path('M2 -26L2 -94L8 -94L12 -26Z', { fill: rock, opacity: 0.22 }) +
    path('M-10.5 -94H10.5V-97H-10.5Z', { fill: rock }) +
    path('M-5.5 -97V-106H5.5V-97Z', { fill: mix(palette.local('#ffe9a8'), palette.light, 0.4) }) +
    path('M-7.5 -106L0 -114L7.5 -106Z', { fill: red });
  place(stage, { ...spot, size: spot.size * 1.25 }, tower);
}

/** A cottage with lit windows and smoke from the chimney. */
function drawHouse(stage: Stage, spot: Spot): void {
  const { palette, brief } = stage;
  const wall = mix(lighten(palette.light, 0.1), palette.near, brief.light === 'day' ? 0.12 : 0.45);
  const roof = mix(palette.accents[1], palette.near, 0.4);
  const glass =
    brief.light === 'day' ? mix(palette.sky[1], palette.near, 0.35) : palette.local('#ffd98a');
  const smoke = [0, 1, 2, 3, 4]
    .map((i) => dot(25 + i * i * 1.4, -86 - i * 11, 3 + i * 1.9))
    .join('');
  const house =
    path(smoke, { fill: lighten(palette.haze, 0.3), opacity: 0.4 }) +
    path('M20 -46V-78H29V-40Z', { fill: darken(roof, 0.25) }) +
    path('M-42 2V-38H42V2Z', { fill: wall }) +
    path('M6 2V-38H42V2Z', { fill: darken(wall, 0.12) }) +
    path('M-50 -34L-18 -72H30L52 -34Z', { fill: roof }) +
    path('M-50 -34L-18 -72L8 -34Z', { fill: lighten(roof, 0.1) }) +
    path('M-42 -38L-18 -66L4 -38V-34H-42Z', { fill: wall }) +
    path('M-28 -26H-12V-10H-28ZM14 -26H30V-10H14ZM-24 -48H-14V-40H-24Z', { fill: glass }) +
    path('M-6 2V-22H5V2Z', { fill: darken(roof, 0.3) }) +
    circle(2.6, -9, 1, { fill: glass });
  place(stage, { ...spot, size: spot.size * 0.72 }, house);
}
