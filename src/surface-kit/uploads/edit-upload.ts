import type { Readable } from 'node:stream';
import type { JsonObject } from '../../common/strict-json.js';
import type { InputRole, ReceivedImage } from '../../storage/index.js';

/** OpenAI's limit; catalogs may have a lower one. */
export const MAX_IMAGES = 16;

/** Where an input of an edit is to be had: it came with the request, or is named by it. */
export type InputSource =
  | { readonly kind: 'received'; readonly image: ReceivedImage }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'asset'; readonly id: string };

/** An input as it was sent; `param` is the caller's name for it. */
export type SentInput = InputSource & { readonly param: string };

/** The body of an edit, in whichever form it came. */
export interface EditUpload {
  /** Everything but the images; numbers and booleans of a form are text. */
  readonly fields: JsonObject;
  readonly images: readonly SentInput[];
  readonly mask: SentInput | null;
  /** What this form calls its images. */
  readonly imagesParam: 'image' | 'images';
}

/** Takes one file of a request in; see `InputImages.receive`. */
export type TakeFile = (role: InputRole, param: string, file: Readable) => Promise<ReceivedImage>;

/**
 * What makes two edits the same (design §2): their fields, and their images in
 * order, each by its content or by what it is named.
 */
export function identityOf({ fields, images, mask }: EditUpload): JsonObject {
  return {
    ...fields,
    image: images.map(nameOf),
    ...(mask && { mask: nameOf(mask) }),
  };
}

function nameOf(source: InputSource): string {
  switch (source.kind) {
    case 'received':
      return `sha256:${source.image.sha256}`;
    case 'url':
      return `url:${source.url}`;
    case 'asset':
      return `file:${source.id}`;
  }
}
