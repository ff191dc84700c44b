import type { Generation, Preview, RelayCommand } from '../../relay/index.js';
import type { Asset } from '../../storage/index.js';
import type { CompletedImageEventDto, PartialImageEventDto } from './image-events.dto.js';
import type { UsageDto } from './images.dto.js';
import { FORMAT_OF_MEDIA_TYPE, toUsage } from './images.mapper.js';

type Request = RelayCommand['request'];
/** What stands beside the picture of an event. */
type Beside<T> = Omit<T, 'type' | 'b64_json'>;

const UNKNOWN = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** OpenAI names events by what was asked for. */
export function eventType<T extends 'partial_image' | 'completed'>(
  { operation }: Request,
  what: T,
) {
  const prefix = operation === 'edit' ? 'image_edit' : 'image_generation';
  return `${prefix}.${what}` as const;
}

/** Says what was asked, since what comes is not known yet. */
export function besidePreview(request: Request, preview: Preview): Beside<PartialImageEventDto> {
  const { size } = request;
  return {
    created_at: unixNow(),
    size: size === 'auto' ? size : `${size.width}x${size.height}`,
    ...looksOf(request),
    output_format: FORMAT_OF_MEDIA_TYPE[preview.mediaType],
    partial_image_index: preview.index(),
  };
}

/**
 * Says what was delivered. The shares of the images' usage add up to that of
 * the generation; the first image has what does not divide.
 *
 * @param place of the asset among the images delivered, 0-based
 */
export function besideImage(
  { request, usage, images }: Generation,
  asset: Asset,
  place: number,
): Beside<CompletedImageEventDto> {
  return {
    created_at: unixNow(),
    size: `${asset.width}x${asset.height}`,
    ...looksOf(request),
    output_format: FORMAT_OF_MEDIA_TYPE[asset.mediaType],
    usage: shareOf(toUsage(usage ?? UNKNOWN), images.length, place),
  };
}

/** What an upstream's numbers do not explain is shared out like the rest, so that every sum holds. */
function shareOf(usage: UsageDto, images: number, place: number): UsageDto {
  const share = (tokens: number) => {
    const each = Math.floor(tokens / images);
    return place === 0 ? tokens - each * (images - 1) : each;
  };
  const { total_tokens, input_tokens, output_tokens, input_tokens_details: details } = usage;
  const text = share(details.text_tokens);
  const image = share(details.image_tokens);
  const input = text + image + share(input_tokens - details.text_tokens - details.image_tokens);
  const output = share(output_tokens);
  return {
    total_tokens: input + output + share(total_tokens - input_tokens - output_tokens),
    input_tokens: input,
    output_tokens: output,
    input_tokens_details: { text_tokens: text, image_tokens: image },
  };
}

function looksOf({ price, parameters }: Request): { quality: string; background: string } {
  return { quality: price.quality, background: parameters.background ?? 'auto' };
}

function unixNow(): number {
  return Math.floor(Date.now() / 1000);
}
