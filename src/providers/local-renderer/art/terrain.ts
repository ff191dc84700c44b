import type { Random } from './random.js';
import type { Point } from './svg.js';

/** Smooth noise over a line: random heights at whole numbers, eased between. Values 0 to 1. */
export function lineNoise(rng: Random): (x: number) => number {
  const heights = Array.from({ length: 256 }, () => rng.next());
  return (x) => {
    const cell = Math.floor(x);
    const t = x - cell;
    const eased = t * t * (3 - 2 * t);
    const from = heights[cell & 255];
    return from + (heights[(cell + 1) & 255] - from) * eased;
  };
}

/** Noise with ever smaller ripples on top, 0 to 1. */
export function fractal(rng: Random, octaves: number): (x: number) => number {
  const noise = lineNoise(rng);
  return (x) => {
    let [sum, reach, weight] = [0, 0, 1];
    for (let i = 0; i < octaves; i += 1) {
      sum += noise(x * 2 ** i + i * 37.7) * weight;
      reach += weight;
      weight *= 0.5;
    }
    return sum / reach;
  };
}

/** The points of a height line from left edge to right edge, a little beyond both. */
export function skyline(
  width: number,
  samples: number,
  heightAt: (share: number) => number,
): Point[] {
  return Array.from({ length: samples + 1 }, (_, i) => {
    const share = -0.02 + (1.04 * i) / samples;
    return [share * width, heightAt(share)] as const;
  });
}

/** Closes a height line down to `bottom`, as path data. */
export function closeDown(d: string, width: number, bottom: number): string {
  return `${d}L${Math.ceil(width * 1.02)} ${Math.ceil(bottom)}L${Math.floor(-width * 0.02)} ${Math.ceil(bottom)}Z`;
}
