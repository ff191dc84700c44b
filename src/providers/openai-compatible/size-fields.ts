import type { ProviderRequest } from '../image-provider.js';
import type { Quirks } from './quirks.js';

/** The ratios upstreams know by name; a size goes to the nearest of them. */
const RATIOS = ['1:1', '5:4', '4:3', '3:2', '16:9', '2:1', '21:9', '4:5', '3:4', '2:3', '9:16'];
const MORE_RATIOS = ['1:2', '9:21', '3:1', '1:3'];
/** Largest pixel counts that still are 1k and 2k (design §3). */
const MAX_1K_PIXELS = 1_572_864;
const MAX_2K_PIXELS = 4_194_304;

/** The wire fields that say how large the picture shall be; none for `auto`. */
export function sizeFields(
  { size, parameters }: ProviderRequest,
  mode: Quirks['sizeMode'],
): Readonly<Record<string, string | undefined>> {
  if (mode === 'WxH') return size === 'auto' ? {} : { size: `${size.width}x${size.height}` };
  const aspectRatio = parameters.aspectRatio ?? (size === 'auto' ? undefined : nearestRatio(size));
  if (mode === 'ratio') return { aspect_ratio: aspectRatio };
  const resolution = parameters.resolution ?? (size === 'auto' ? undefined : tierOf(size));
  return { aspect_ratio: aspectRatio, resolution };
}

function nearestRatio({ width, height }: { width: number; height: number }): string {
  const wanted = Math.log(width / height);
  const distance = (ratio: string) => Math.abs(Math.log(valueOf(ratio)) - wanted);
  return [...RATIOS, ...MORE_RATIOS].reduce((best, each) =>
    distance(each) < distance(best) ? each : best,
  );
}

function valueOf(ratio: string): number {
  const [width = 1, height = 1] = ratio.split(':').map(Number);
  return width / height;
}

function tierOf({ width, height }: { width: number; height: number }): string {
  const pixels = width * height;
  if (pixels <= MAX_1K_PIXELS) return '1k';
  return pixels <= MAX_2K_PIXELS ? '2k' : '4k';
}
