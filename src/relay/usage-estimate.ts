import type { ResolvedRequest } from '../models/index.js';
import type { Usage } from '../providers/index.js';

/** Tokens of a generation: as the upstream counted them, or by our rule. */
export interface RecordedUsage extends Usage {
  readonly estimated?: true;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

type Quality = 'low' | 'medium' | 'high';

/** OpenAI's published output tokens of one image; other sizes count by their pixels. */
const OUTPUT_TOKENS: Readonly<Record<Quality, Readonly<Record<string, number>>>> = {
  low: { '1024x1024': 272, '1024x1536': 408, '1536x1024': 400 },
  medium: { '1024x1024': 1056, '1024x1536': 1584, '1536x1024': 1568 },
  high: { '1024x1024': 4160, '1024x1536': 6240, '1536x1024': 6208 },
};
const SQUARE_PIXELS = 1024 * 1024;

const QUALITY_OF: Readonly<Record<string, Quality>> = {
  low: 'low',
  high: 'high',
  hd: 'high',
  xhigh: 'high',
  max: 'high',
};

/** An input image: a base, and tiles of 512 pixels after its short side is scaled down to 512. */
const INPUT_BASE = 65;
const INPUT_TILE = 129;
const TILE = 512;

const BYTES_PER_TEXT_TOKEN = 4;

/**
 * Tokens by one stated rule (docs/surfaces.md), for upstreams that count none:
 * a quarter of the prompt's UTF-8 bytes, OpenAI's tiles per input image, and
 * OpenAI's table per delivered image. `auto` and unknown qualities are medium.
 */
export function estimateUsage(
  request: Pick<ResolvedRequest, 'prompt' | 'promptBytes' | 'price' | 'inputs'>,
  images: readonly Size[],
): RecordedUsage {
  const promptBytes = request.promptBytes ?? Buffer.byteLength(request.prompt);
  const inputTextTokens = Math.ceil(promptBytes / BYTES_PER_TEXT_TOKEN);
  const inputImageTokens = sum((request.inputs ?? []).map(inputTokens));
  const outputTokens = sum(images.map((size) => outputTokensOf(request.price.quality, size)));
  const inputTokensInAll = inputTextTokens + inputImageTokens;
  return {
    inputTokens: inputTokensInAll,
    outputTokens,
    totalTokens: inputTokensInAll + outputTokens,
    inputTextTokens,
    inputImageTokens,
    estimated: true,
  };
}

/** What several calls for one generation used together; null unless every one of them told. */
export function addUsage(parts: readonly (Usage | null)[]): Usage | null {
  const known = parts.filter((part) => part !== null);
  if (known.length === 0 || known.length < parts.length) return null;
  return known.reduce((all, part) => ({
    inputTokens: all.inputTokens + part.inputTokens,
    outputTokens: all.outputTokens + part.outputTokens,
    totalTokens: all.totalTokens + part.totalTokens,
    ...addOptional('inputTextTokens', all, part),
    ...addOptional('inputImageTokens', all, part),
  }));
}

function addOptional(
  name: 'inputTextTokens' | 'inputImageTokens',
  a: Usage,
  b: Usage,
): Partial<Usage> {
  const [x, y] = [a[name], b[name]];
  return x === undefined || y === undefined ? {} : { [name]: x + y };
}

function outputTokensOf(quality: string, { width, height }: Size): number {
  const table = OUTPUT_TOKENS[QUALITY_OF[quality] ?? 'medium'];
  const known = table[`${width}x${height}`];
  return known ?? Math.ceil((table['1024x1024'] * width * height) / SQUARE_PIXELS);
}

function inputTokens({ width, height }: Size): number {
  const scale = Math.min(1, TILE / Math.min(width, height));
  const tiles = (side: number) => Math.ceil(Math.round(side * scale) / TILE);
  return INPUT_BASE + INPUT_TILE * tiles(width) * tiles(height);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
