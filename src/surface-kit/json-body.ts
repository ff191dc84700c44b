import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { DomainError } from '../common/domain-error.js';
import { type JsonObject, JsonProblem, parseStrictJson } from '../common/strict-json.js';
import { publicName } from './public-name.js';
import { readBody } from './read-body.js';

/** Enough for a prompt of 32,000 characters in any script and any escaping, twice over. */
const DEFAULT_MAX_BYTES = 1_048_576;

/** Fields of one body; no surface knows even fifty. */
const MAX_FIELDS = 1000;

const JSON_MEDIA_TYPE = /^application\/(?:json|[a-z0-9][a-z0-9.!#$&^_-]*\+json)$/;

/**
 * The body as one checked JSON object. It is read after the guards ran, so
 * nobody makes the server read bodies without a valid key.
 *
 * @param maxBytes limit of this route, 1 MiB unless told
 */
export const JsonBody = createParamDecorator(
  (maxBytes: number | undefined, context: ExecutionContext): Promise<JsonObject> =>
    readJsonObject(context.switchToHttp().getRequest<Request>(), maxBytes ?? DEFAULT_MAX_BYTES),
);

/**
 * @throws DomainError `unsupported_media_type` unless it is plain UTF-8 JSON by
 * its headers, `request_too_large`, `invalid_value` (with `param` where one
 * field is at fault) for anything `parseStrictJson` refuses.
 */
export async function readJsonObject(request: Request, maxBytes: number): Promise<JsonObject> {
  refuseOtherMedia(request);
  return toJsonObject(await readBody(request, maxBytes));
}

/** @throws DomainError `invalid_value` for anything that is no JSON object as `parseStrictJson` has it. */
export function toJsonObject(bytes: Buffer): JsonObject {
  const body = parse(decodeUtf8(bytes));
  if (Object.keys(body).length > MAX_FIELDS) {
    throw badJson(`The body may have at most ${MAX_FIELDS} fields.`);
  }
  return body;
}

/**
 * @param accepted what the route takes, for whoever sends something else
 * @throws DomainError `unsupported_media_type` unless it is plain UTF-8 JSON by its headers.
 */
export function refuseOtherMedia(request: Pick<Request, 'headers'>, accepted = 'JSON'): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw unsupported('Compressed bodies are not accepted.');
  }
  const [type, ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  if (!JSON_MEDIA_TYPE.test(type.trim())) {
    throw unsupported(
      `The body must be ${accepted}: JSON is sent with Content-Type: application/json.`,
    );
  }
  for (const parameter of parameters) {
    const [name, value = ''] = parameter.split('=');
    if (name.trim() === 'charset' && !/^"?utf-?8"?$/.test(value.trim())) {
      throw unsupported('The only charset accepted is utf-8.');
    }
  }
}

function decodeUtf8(bytes: Buffer): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw badJson('The body begins with a byte order mark; send plain UTF-8.');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DomainError('invalid_value', 'The body is not valid UTF-8.', { cause });
  }
}

function parse(text: string): JsonObject {
  try {
    return parseStrictJson(text);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw badJson(error.message, error.path === '' ? undefined : publicName(error.path));
  }
}

function badJson(message: string, param?: string): DomainError {
  return new DomainError('invalid_value', message, { param });
}

function unsupported(message: string): DomainError {
  return new DomainError('unsupported_media_type', message);
}
