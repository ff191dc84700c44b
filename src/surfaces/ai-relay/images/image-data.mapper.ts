import type { Generation } from '../../../relay/index.js';
import { toImagesResponse, type ToImage } from '../../../surface-kit/index.js';
import type { ImageDataDto } from './image-data.dto.js';

/** Delivered images as this API lists them: OpenAI's answer with `list` in the place of `data`. */
export function toImageData(generation: Generation, toImage: ToImage): ImageDataDto {
  const { created, data: list, usage, ...looks } = toImagesResponse(generation, toImage);
  if (!usage) return { created, list, ...looks };
  const { input_tokens, output_tokens, total_tokens } = usage;
  return { created, list, usage: { input_tokens, output_tokens, total_tokens }, ...looks };
}
