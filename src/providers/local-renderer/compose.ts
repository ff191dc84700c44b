import { readPrompt } from './art/brief.js';
import { choosePalette, type Palette } from './art/palette.js';
import { Random } from './art/random.js';
import type { Scene, Spot, Stage } from './art/stage.js';
import { drawSubject } from './art/subjects.js';
import { Canvas, circle } from './art/svg.js';
import type { SceneName } from './art/vocabulary.js';
import { drawWeather } from './art/weather.js';
import { drawBauhaus } from './scenes/bauhaus.js';
import { drawCity } from './scenes/city.js';
import { drawDesert } from './scenes/desert.js';
import { drawFlowers } from './scenes/flower.js';
import { drawForest } from './scenes/forest.js';
import { drawMandala } from './scenes/mandala.js';
import { drawMeadow } from './scenes/meadow.js';
import { drawMountains } from './scenes/mountain.js';
import { drawOrbits } from './scenes/orbits.js';
import { drawRibbons } from './scenes/ribbons.js';
import { drawSea } from './scenes/sea.js';
import { drawSpace } from './scenes/space.js';
import { drawCaption } from './type/caption.js';
import { drawRibbon } from './type/ribbon.js';

export interface Commission {
  readonly prompt: string;
  readonly width: number;
  readonly height: number;
  readonly style: string | undefined;
  readonly quality: string | undefined;
  readonly transparent: boolean;
  readonly demo: boolean;
  /** Which of several variations, 0-based. */
  readonly ordinal: number;
}

const SCENES: Readonly<Record<SceneName, Scene>> = {
  sea: drawSea,
  mountain: drawMountains,
  forest: drawForest,
  city: drawCity,
  desert: drawDesert,
  space: drawSpace,
  meadow: drawMeadow,
  flower: drawFlowers,
  mandala: drawMandala,
  bauhaus: drawBauhaus,
  ribbons: drawRibbons,
  orbits: drawOrbits,
};

/** These leave their own background out; from the others, which fill the picture, a disc is cut. */
const FREE_STANDING: ReadonlySet<SceneName> = new Set(['flower', 'mandala', 'ribbons', 'orbits']);

/**
 * Draws a picture as SVG text. Pure: the same commission gives the same text.
 * Quality is left out of the seed, so a better one is the same picture in more detail.
 */
export function compose(commission: Commission): string {
  const stage = stageOf(commission);
  drawScene(stage, commission);
  drawLabels(stage, commission);
  return stage.canvas.toString();
}

/** The picture alone, without caption and ribbon. */
export function composeScene(commission: Commission): string {
  const stage = stageOf(commission);
  drawScene(stage, commission);
  return stage.canvas.toString();
}

/** Caption and ribbon on nothing, and the colours of the picture they belong to. */
export function composeLabels(commission: Commission): { svg: string; palette: Palette } {
  const stage = stageOf(commission);
  drawLabels(stage, commission);
  return { svg: stage.canvas.toString(), palette: stage.palette };
}

function stageOf({ prompt, style, ordinal, width, height, ...more }: Commission): Stage {
  const rng = new Random(`${ordinal}/${prompt}`);
  const brief = readPrompt(prompt, style, rng.fork('brief'));
  const palette = choosePalette(brief, style, rng.fork('palette'));
  const detail = brief.moods.includes('minimal') ? 0 : detailOf(more.quality);
  const canvas = new Canvas(width, height);
  return { canvas, brief, palette, rng, detail, backdrop: !more.transparent };
}

function drawScene(stage: Stage, { transparent }: Commission): void {
  const { scene } = stage.brief;
  const spot = SCENES[scene](stage);
  if (spot) drawSubjects(stage, spot);
  drawWeather(stage);
  if (transparent && !FREE_STANDING.has(scene)) cutRound(stage.canvas);
}

function drawLabels({ canvas, palette }: Stage, { prompt, demo }: Commission): void {
  drawCaption(canvas, palette, prompt);
  if (demo) drawRibbon(canvas, palette, 'DEMO');
}

function drawSubjects(stage: Stage, spot: Spot): void {
  stage.brief.subjects.slice(0, 2).forEach((name, i) => {
    const side = spot.x > stage.canvas.width / 2 ? -1 : 1;
    const x = spot.x + i * side * stage.canvas.unit * 0.34;
    drawSubject(stage, name, { ...spot, x });
  });
}

function cutRound(canvas: Canvas): void {
  const disc = circle(canvas.width / 2, canvas.height / 2, canvas.unit * 0.485, {});
  canvas.wrap({ 'clip-path': `url(#${canvas.define('clipPath', {}, disc)})` });
}

/** Names of qualities as the models sold use them. */
function detailOf(quality: string | undefined): number {
  if (quality === 'low' || quality === 'draft') return 0;
  return quality === 'high' || quality === 'hd' ? 2 : 1;
}
