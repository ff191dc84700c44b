import { picture, smallPicture } from './pictures.js';

const MIB = 1024 * 1024;

/**
 * What is asked for and answered, named in the prompt, so that every contender
 * passes it on: `small` one pixel (a body of about 330 bytes), `b64` 2 MiB of
 * base64, `url` the same answered as a link, `b64x4` four of them, `sse` three
 * partial pictures and a final one of 1 MiB each, `big` 8 MiB and `huge` 24 MiB
 * of base64, `edit` three files of 4 MiB answered with one pixel, `echo` the
 * request itself.
 */
export type Kind = 'small' | 'b64' | 'url' | 'b64x4' | 'sse' | 'big' | 'huge' | 'edit' | 'echo';

export const PARTIALS = 3;
export const EDIT_FILES = 3;
export const EDIT_BYTES = 4 * MIB;

/** Three bytes of a picture are four of base64. */
const ofBase64 = (bytes: number) => (bytes / 4) * 3;

/** The pictures of an answer in their order; of `sse` the partial ones first. */
export function picturesOf(kind: Kind): Buffer[] {
  switch (kind) {
    case 'small':
    case 'edit':
      return [smallPicture()];
    case 'b64':
    case 'url':
      return [picture(ofBase64(2 * MIB))];
    case 'b64x4':
      return [0, 1, 2, 3].map((variant) => picture(ofBase64(2 * MIB), variant));
    case 'sse':
      return [0, 1, 2, 3].map((variant) => picture(ofBase64(MIB), variant));
    case 'big':
      return [picture(ofBase64(8 * MIB))];
    case 'huge':
      return [picture(ofBase64(24 * MIB))];
    case 'echo':
      return [];
  }
}

export interface Wish {
  readonly kind: Kind;
  /** Of the upstream, before its answer begins. */
  readonly latencyMs: number;
  readonly number: number;
  /** SHA-256 of the files that an edit sends. */
  readonly files: readonly string[];
}

export function promptOf({ kind, latencyMs, number, files }: Wish): string {
  return ['bench', kind, latencyMs, number, ...files].join(' ');
}

/** @throws Error for a prompt that is not of our making */
export function wishOf(prompt: unknown): Wish {
  const [, kind, latencyMs, number, ...files] = String(prompt).split(' ');
  if (!String(prompt).startsWith('bench ')) throw new Error('not a prompt of the bench');
  return { kind: kind as Kind, latencyMs: Number(latencyMs), number: Number(number), files };
}
