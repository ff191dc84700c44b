import { darken, lighten, mix } from '../art/colour.js';
import type { Stage } from '../art/stage.js';
import { circle, curve, path, type Point } from '../art/svg.js';
import { fractal } from '../art/terrain.js';

/** Silken bands that flow across the picture, each casting a soft shadow on the next. */
export function drawRibbons(stage: Stage): undefined {
  const { canvas, palette, detail } = stage;
  const rng = stage.rng.fork('ribbons');
  if (stage.backdrop) {
    canvas.fill(
      canvas.down([
        [0, palette.sky[0]],
        [0.55, palette.sky[1]],
        [1, palette.sky[2]],
      ]),
    );
  }
  const [x, y] = [canvas.width * rng.range(0.55, 0.75), canvas.height * rng.range(0.24, 0.34)];
  canvas.glow(x, y, canvas.unit * 0.5, palette.light, 0.6);
  canvas.add(circle(x, y, canvas.unit * 0.11, { fill: palette.light, opacity: 0.95 }));
  const bands = 7 + detail;
  const lean = rng.chance(0.5) ? 1 : -1;
  const [phase, waves] = [rng.range(0, 6), rng.range(0.8, 1.3)];
  for (let i = 0; i < bands; i += 1) {
    const share = (i + 0.5) / bands;
    drawBand(stage, { share, lean, phase: phase + i * 0.42, waves, index: i });
  }
  return undefined;
}

interface Band {
  readonly share: number;
  readonly lean: number;
  readonly phase: number;
  readonly waves: number;
  readonly index: number;
}

function drawBand(stage: Stage, { share, lean, phase, waves, index }: Band): void {
  const { canvas, palette } = stage;
  const drift = fractal(stage.rng.fork(`band${index}`), 2);
  const points = Array.from({ length: 15 }, (_, k): Point => {
    const along = k / 14;
    const level = 0.34 + 0.72 * share + lean * 0.2 * (0.5 - along);
    const swing = Math.sin(phase + along * waves * 6.28) * 0.085 + (drift(along * 3) - 0.5) * 0.1;
    return [(-0.03 + along * 1.06) * canvas.width, canvas.height * (level + swing)];
  });
  const tops = points.map(([, y]) => y);
  const [top, bottom] = [Math.min(...tops), Math.max(...tops) + canvas.height * 0.24];
  const accent = palette.accents[index % 4];
  const colour = mix(mix(palette.sky[1], accent, 0.9), palette.near, share * 0.5);
  const edge = curve(points);
  const close = `L${Math.ceil(canvas.width * 1.04)} ${Math.ceil(canvas.height + 3)}L${Math.floor(-canvas.width * 0.04)} ${Math.ceil(canvas.height + 3)}Z`;
  const shadow = darken(palette.near, 0.3);
  for (const [offset, opacity] of [
    [-0.012, 0.1],
    [-0.006, 0.16],
  ]) {
    canvas.add(
      path(edge + close, {
        fill: shadow,
        opacity,
        transform: `translate(0 ${Math.round(canvas.unit * offset * 10) / 10})`,
      }),
    );
  }
  const fill = canvas.linear(
    [
      [0, lighten(colour, 0.3)],
      [0.35, colour],
      [1, darken(colour, 0.35)],
    ],
    [canvas.width * (0.5 - lean * 0.2), top],
    [canvas.width * (0.5 + lean * 0.2), bottom],
  );
  canvas.add(
    path(edge + close, { fill }),
    path(edge, {
      fill: 'none',
      stroke: lighten(colour, 0.55),
      'stroke-width': canvas.unit * 0.0022,
      opacity: 0.7,
    }),
  );
}
