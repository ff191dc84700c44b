import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { DomainError } from '../common/domain-error.js';
import { type JsonObject, JsonProblem, parseStrictJson } from '../common/strict-json.js';
import { DtoPipe } from './dto.pipe.js';

/** No body of the admin API but a catalog is longer than a page. */
const DEFAULT_MAX_BYTES = 65_536;

/** What one body may cost to read. */
interface BodyLimits {
  readonly maxBytes: number;
  /** Keys and array items. */
  readonly maxMembers?: number;
}

const decorator = createParamDecorator(
  (limits: BodyLimits, context: ExecutionContext): Promise<JsonObject> =>
    readJson(context.switchToHttp().getRequest<Request>(), limits),
);

/** The body as a checked DTO, read after the guard: nobody else makes the server read one. */
export function AdminBody(
  limits: BodyLimits = { maxBytes: DEFAULT_MAX_BYTES },
): ParameterDecorator {
  return decorator(limits, new DtoPipe());
}

/** The body as strict JSON of any shape, for documents with a checker of their own. */
export function AdminDocument(limits: BodyLimits): ParameterDecorator {
  return decorator(limits);
}

/**
 * @throws DomainError `unsupported_media_type`, `request_too_large`, or
 * `invalid_value` for what is no strict JSON object in UTF-8.
 */
async function readJson(request: Request, limits: BodyLimits): Promise<JsonObject> {
  refuseOtherMedia(request);
  const text = decode(await readBytes(request, limits.maxBytes));
  try {
    return parseStrictJson(text, limits.maxMembers);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw new DomainError('invalid_value', error.message, { param: error.path || undefined });
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DomainError('invalid_value', 'The body is not valid UTF-8.', { cause });
  }
}

function refuseOtherMedia({ headers }: Request): void {
  const [type, ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const plain = ['', 'charset=utf-8', 'charset="utf-8"'];
  const isUtf8 = parameters.every((parameter) => plain.includes(parameter.trim()));
  const isPlain = (headers['content-encoding'] ?? 'identity') === 'identity';
  if (type.trim() === 'application/json' && isUtf8 && isPlain) return;
  throw new DomainError(
    'unsupported_media_type',
    'The body must be uncompressed JSON in UTF-8: send it with Content-Type: application/json.',
  );
}

async function readBytes(request: Request, maxBytes: number): Promise<Buffer> {
  try {
    return await collect(request, maxBytes);
  } catch (cause) {
    if (cause instanceof DomainError) throw cause;
    throw new DomainError('invalid_value', 'The connection ended before the body did.', { cause });
  }
}

/** What is beyond the limit is thrown away as it comes, so that the client gets to read the answer. */
async function collect(request: Request, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > maxBytes) {
      request.resume();
      throw new DomainError('request_too_large', `The body may have at most ${maxBytes} bytes.`);
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks, size);
}
