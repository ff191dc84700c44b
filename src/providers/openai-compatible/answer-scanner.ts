import type { Usage } from '../image-provider.js';

/** What comes out of an answer, in the order in which it came. */
export type AnswerEvent =
  | {
      readonly kind: 'image';
      /** Only of a preview: its number among its image's; known once its `end` has come. */
      readonly partialIndex?: () => number;
    }
  /** The file's, but of a preview the characters of its base64. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'end' }
  /** A picture that is told of by its address instead. */
  | { readonly kind: 'link'; readonly url: string }
  /** Nothing after it counts; what came before it does. */
  | { readonly kind: 'failure'; readonly error: Error };

/** What an answer held beside its images. */
export interface AnswerRest {
  readonly usage: Usage | null;
  /** Absolute links of images that were not sent as bytes, for after the others. */
  readonly urls: readonly string[];
}

/** Finds the images in an answer of one kind while its bytes arrive. */
export interface AnswerScanner {
  /** Whether what follows the last image wanted matters. */
  readonly readsToEnd: boolean;
  /** Takes ownership of `chunk`: bytes handed out may lie in its memory. Throws MalformedAnswerError. */
  scan(chunk: Buffer): readonly AnswerEvent[];
  /** The body is over. Throws MalformedAnswerError. */
  end(): readonly AnswerEvent[];
  /** To be called once, after the last image that is wanted. Throws MalformedAnswerError or ProviderError. */
  finish(): AnswerRest;
}
