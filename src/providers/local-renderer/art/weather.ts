import { lighten } from './colour.js';
import type { Stage } from './stage.js';
import { dot, num, path } from './svg.js';

/** What falls or drifts between us and the scene. */
export function drawWeather(stage: Stage): void {
  const { features } = stage.brief;
  if (features.has('fog')) drawFog(stage);
  if (features.has('rain')) drawRain(stage);
  if (features.has('snow')) drawSnowfall(stage);
}

function drawFog({ canvas, palette }: Stage): void {
  canvas.fill(
    canvas.down([
      [0, palette.haze, 0.12],
      [0.5, palette.haze, 0.42],
      [0.8, palette.haze, 0.5],
      [1, palette.haze, 0.2],
    ]),
  );
}

function drawRain({ canvas, rng, detail }: Stage): void {
  const drops = rng.fork('rain');
  for (const [size, opacity] of [
    [0.6, 0.22],
    [1, 0.34],
  ]) {
    let d = '';
    for (let i = 0; i < 90 + 60 * detail; i += 1) {
      const length = canvas.unit * drops.range(0.025, 0.06) * size;
      const [x, y] = [
        drops.range(-0.05, 1.1) * canvas.width,
        drops.range(-0.05, 1) * canvas.height,
      ];
      d += `M${num(x)} ${num(y)}l${num(-length * 0.22)} ${num(length)}`;
    }
    canvas.add(
      path(d, {
        fill: 'none',
        stroke: '#eef4fb',
        'stroke-width': Math.max(0.6, canvas.unit * 0.0016 * size),
        opacity,
      }),
    );
  }
}

function drawSnowfall({ canvas, rng, palette, detail }: Stage): void {
  const flakes = rng.fork('snow');
  for (const [size, opacity] of [
    [0.0018, 0.75],
    [0.0034, 0.85],
    [0.0062, 0.7],
  ]) {
    let d = '';
    for (let i = 0; i < (70 + 40 * detail) * (0.004 / (size + 0.002)); i += 1) {
      const r = Math.max(0.5, canvas.unit * size * flakes.range(0.6, 1.2));
      d += dot(flakes.next() * canvas.width, flakes.next() * canvas.height, r);
    }
    canvas.add(path(d, { fill: lighten(palette.light, 0.7), opacity }));
  }
}
