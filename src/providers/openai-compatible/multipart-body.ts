import { randomBytes } from 'node:crypto';
import type { ProviderInput, ProviderRequest } from '../image-provider.js';
import type { CallBody } from './call-body.js';
import type { Quirks } from './quirks.js';
import { type BodyPiece, StreamedBody } from './streamed-body.js';

/** The form of an edit, as OpenAI documents it. */
export function multipartBody(
  fields: Readonly<Record<string, unknown>>,
  { inputs = [], mask }: ProviderRequest,
  { imageField }: Quirks,
): CallBody {
  const boundary = `easel-${randomBytes(16).toString('hex')}`;
  const name = imageField ?? (inputs.length > 1 ? 'image[]' : 'image');
  const body = new StreamedBody([
    ...Object.entries(fields).map(([field, value]) => fieldPart(boundary, field, value)),
    ...inputs.flatMap((input) => filePart(boundary, name, input)),
    ...(mask ? filePart(boundary, 'mask', mask) : []),
    `--${boundary}--\r\n`,
  ]);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    contentLength: body.length,
    content: body.stream(),
    failure: () => body.failure(),
  };
}

function fieldPart(boundary: string, name: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `${headOf(boundary, name)}\r\n\r\n${text}\r\n`;
}

function filePart(boundary: string, name: string, input: ProviderInput): BodyPiece[] {
  const head = `${headOf(boundary, name)}; filename="${input.fileName}"`;
  return [`${head}\r\nContent-Type: ${input.mediaType}\r\n\r\n`, { input }, '\r\n'];
}

function headOf(boundary: string, name: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"`;
}

/** As browsers write names: an operator may have renamed a field to anything. */
function escaped(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
