import type { Brief } from './brief.js';
import type { Palette } from './palette.js';
import type { Random } from './random.js';
import type { Canvas } from './svg.js';

/** Everything a scene draws with. */
export interface Stage {
  readonly canvas: Canvas;
  readonly brief: Brief;
  readonly palette: Palette;
  readonly rng: Random;
  /** 0, 1 or 2: how much small stuff to draw, from the quality asked for. */
  readonly detail: number;
  /** False when the caller wants a transparent background. */
  readonly backdrop: boolean;
}

/** Where sun or moon stands, px. */
export interface Luminary {
  readonly x: number;
  readonly y: number;
  readonly r: number;
}

/** A spot in the picture where a subject looks at home: the point under its feet, and its height. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** Draws a whole picture and names the spot for a subject, if there is one. */
export type Scene = (stage: Stage) => Spot | undefined;
