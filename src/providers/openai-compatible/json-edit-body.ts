import { randomBytes } from 'node:crypto';
import { base64Length, encodeBase64 } from '../../common/base64.js';
import type { ProviderInput, ProviderRequest } from '../image-provider.js';
import type { CallBody } from './call-body.js';
import type { Quirks } from './quirks.js';
import { type BodyPiece, type Encoding, StreamedBody } from './streamed-body.js';

const BASE64: Encoding = { length: base64Length, encode: encodeBase64 };

/** An edit as JSON with its images as data URLs, as xAI documents it. */
export function jsonEditBody(
  fields: Readonly<Record<string, unknown>>,
  { inputs = [], mask }: ProviderRequest,
  { imageField }: Quirks,
): CallBody {
  const marks = new Map<string, ProviderInput>();
  const toRef = (input: ProviderInput) => {
    const mark = randomBytes(16).toString('hex');
    marks.set(mark, input);
    return { type: 'image_url', url: `data:${input.mediaType};base64,${mark}` };
  };
  const images = inputs.map(toRef);
  const several = images.length > 1 || imageField === 'images';
  const document = {
    ...fields,
    ...(several ? { images } : { image: images[0] }),
    ...(mask && { mask: toRef(mask) }),
  };
  const body = new StreamedBody(split(JSON.stringify(document), marks));
  return {
    contentType: 'application/json',
    contentLength: body.length,
    content: body.stream(),
    failure: () => body.failure(),
  };
}

/** Puts each input in the place of its mark; they stand in the text in the order they were made. */
function split(text: string, marks: ReadonlyMap<string, ProviderInput>): BodyPiece[] {
  const pieces: BodyPiece[] = [];
  let rest = text;
  for (const [mark, input] of marks) {
    const at = rest.indexOf(mark);
    pieces.push(rest.slice(0, at), { input, encode: BASE64 });
    rest = rest.slice(at + mark.length);
  }
  return [...pieces, rest];
}
