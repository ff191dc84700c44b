/** Why the gate refused a file. A closed list: it becomes a metric label. */
export type ImageRejection =
  | 'empty'
  | 'not_an_image'
  | 'type_not_allowed'
  | 'malformed'
  | 'truncated'
  | 'trailing_bytes'
  | 'too_many_bytes'
  | 'too_many_pixels'
  | 'bad_dimensions'
  | 'too_many_frames'
  | 'too_many_parts'
  | 'active_content'
  | 'undecodable';

/**
 * The bytes are no picture that may be stored. `reason` and `message` are for
 * operators: they name a rule and a position at most, never bytes of the file.
 */
export class ImageRejectedError extends Error {
  constructor(
    readonly reason: ImageRejection,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = ImageRejectedError.name;
  }
}
