import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../common/strict-json.js';

export interface RequestIdentity {
  readonly method: string;
  /** The route as documented, alias prefix and trailing slash folded away. */
  readonly route: string;
  readonly profile: string;
  readonly body: JsonObject;
}

/**
 * SHA-256 that is equal for two requests that ask for the same thing (design
 * §2): the order of keys and the spelling of the route do not matter, the
 * profile does, because it decides what a missing field means.
 */
export function fingerprint(request: RequestIdentity): Buffer {
  const { method, route, profile, body } = request;
  return createHash('sha256')
    .update(JSON.stringify([method, route, profile]))
    .update(canonicalJson(body))
    .digest();
}

/** JSON with sorted keys. The body's depth was capped when it was read, so this may recurse. */
function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const object = value as JsonObject;
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key])}`);
  return `{${members.join(',')}}`;
}
