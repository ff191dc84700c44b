import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import type { ProviderInput, ProviderRequest } from '../image-provider.js';
import type { Commission } from './compose.js';
import { coarsen, type Encoding, render, renderPreview } from './render.js';
import { retouch, sizeLike, type Sources } from './retouch.js';

/** One picture to be made. */
export interface Painter {
  picture(): Promise<Buffer>;
  /** @param left how many previews are still to come with this one */
  preview(left: number): Promise<Buffer>;
}

/** Draws from the prompt alone. */
export function drawer(commission: Commission, encoding: Encoding): Painter {
  return {
    picture: () => render(commission, encoding),
    preview: (left) => renderPreview(commission, encoding, left),
  };
}

/** Paints over the inputs of an edit. Its previews are the finished picture seen badly. */
export function retoucher(commission: Commission, encoding: Encoding, sources: Sources): Painter {
  let made: Promise<Buffer> | undefined;
  const picture = () => (made ??= retouch(commission, sources, encoding));
  return {
    picture,
    preview: async (left) => coarsen(sharp(await picture()), commission, encoding, left),
  };
}

/**
 * Reads the inputs of an edit; null for a generation.
 *
 * @throws DomainError of an input that could not be opened
 */
export async function readSources({ inputs, mask }: ProviderRequest): Promise<Sources | null> {
  if (!inputs) return null;
  const read = async (input: ProviderInput) => buffer(await input.open());
  return { images: await Promise.all(inputs.map(read)), mask: mask ? await read(mask) : null };
}

/** The size of an edit that names none: the shape of its first input. */
export function naturalSize({ images: [first] }: Sources) {
  return sizeLike(first);
}
