import { Base64Text } from '../../common/base64-text.js';
import { DomainError, invalidValue } from '../../common/domain-error.js';

/** OpenAI's limit of one reference, characters. */
export const MAX_DATA_URL = 20_971_520;

const BACKSLASH = 0x5c;

/**
 * The bytes in a data URL, decoded while its characters arrive.
 *
 * @param characters the URL as it stands in JSON; their memory is taken over
 * @param param the caller's name for it
 */
export async function* bytesOfDataUrl(
  characters: AsyncIterable<Buffer> | Iterable<Buffer>,
  param: string,
): AsyncGenerator<Buffer> {
  const text = new Base64Text(() => invalidValue(param, `'${param}' is no base64 data URL.`));
  let length = 0;
  for await (const piece of characters) {
    length += piece.length - countOf(piece, BACKSLASH);
    if (length > MAX_DATA_URL) throw tooLong(param);
    const bytes = text.write(piece);
    if (bytes !== null && bytes.length > 0) yield bytes;
  }
  const last = text.end();
  if (last !== null) yield last;
}

function countOf(bytes: Buffer, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) count += 1;
  return count;
}

function tooLong(param: string): DomainError {
  return new DomainError(
    'request_too_large',
    `'${param}' may have at most ${MAX_DATA_URL} characters.`,
    { param },
  );
}
