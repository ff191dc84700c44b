import sharp, { type OverlayOptions } from 'sharp';
import { type Commission, composeLabels, composeScene } from './compose.js';
import { encode, type Encoding } from './render.js';

/** Files as they came. */
export interface Sources {
  /** One or more; the first is what is changed. */
  readonly images: readonly Buffer[];
  readonly mask: Buffer | null;
}

/** Of the inputs after the first, this many are shown. */
const MOST_THUMBNAILS = 4;
const FEW_COLOURS = { median: 3, saturation: 1.15 };

/**
 * Draws an edit: the first input as a double exposure with the scene of the
 * prompt, in that scene's colours, where the mask is transparent or there is
 * none. The other inputs lie on it as small prints, so that it can be seen that
 * they arrived.
 */
export async function retouch(
  commission: Commission,
  { images, mask }: Sources,
  encoding: Encoding,
): Promise<Buffer> {
  const [first, ...others] = images;
  const { svg, palette } = composeLabels(commission);
  const original = await fitted(first, commission);
  const scene = Buffer.from(composeScene({ ...commission, transparent: false }));
  const painted = await sharp(original)
    .median(FEW_COLOURS.median)
    .tint(palette.accents[0])
    .modulate({ saturation: FEW_COLOURS.saturation })
    .composite([{ input: scene, blend: 'soft-light' }])
    .png({ compressionLevel: 0 })
    .toBuffer();
  const layers: OverlayOptions[] = [
    ...(mask ? [{ input: await kept(original, mask, commission) }] : []),
    ...(await thumbnails(others, commission)),
    { input: Buffer.from(svg) },
  ];
  // What was transparent stays so: blending works on what is there.
  const image = sharp(painted).composite(layers);
  return encode(commission.transparent ? image : image.flatten(), encoding).toBuffer();
}

/** The pixels an edit without a size gets: about one megapixel in the shape of its first input. */
export async function sizeLike(first: Buffer): Promise<{ width: number; height: number }> {
  const { autoOrient } = await sharp(first).metadata();
  const ratio = Math.min(4, Math.max(1 / 4, autoOrient.width / autoOrient.height));
  const width = Math.floor(1024 * Math.sqrt(ratio));
  return { width, height: Math.floor(1_048_576 / width) };
}

type Area = Pick<Commission, 'width' | 'height'>;

function fitted(file: Buffer, { width, height }: Area): Promise<Buffer> {
  return sharp(file)
    .autoOrient()
    .resize(width, height, { fit: 'cover' })
    .toColourspace('srgb')
    .ensureAlpha()
    .png({ compressionLevel: 0 })
    .toBuffer();
}

/** What the mask protects: the original where the mask is not transparent. */
async function kept(original: Buffer, mask: Buffer, area: Area): Promise<Buffer> {
  return sharp(original)
    .composite([{ input: await fitted(mask, area), blend: 'dest-in' }])
    .png({ compressionLevel: 0 })
    .toBuffer();
}

async function thumbnails(files: readonly Buffer[], area: Area): Promise<OverlayOptions[]> {
  const unit = Math.min(area.width, area.height);
  const edge = Math.round(unit * 0.14);
  const border = Math.max(1, Math.round(unit * 0.008));
  if (edge < 8) return [];
  const frame = { top: border, bottom: border, left: border, right: border, background: '#ffffff' };
  return Promise.all(
    files.slice(0, MOST_THUMBNAILS).map(async (file, place) => ({
      input: await sharp(await fitted(file, { width: edge, height: edge }))
        .extend(frame)
        .png()
        .toBuffer(),
      top: border * 3,
      left: border * 3 + place * (edge + border * 4),
    })),
  );
}
