import type { Request } from 'express';
import type { Profile } from '../api-keys/index.js';

/** Path prefixes that fix the profile, whatever the key says (design §6). */
export const ALIASES = ['aiimg', 'aiai'] as const satisfies readonly Profile[];
export type Alias = (typeof ALIASES)[number];

/** The alias a request came by, or `null` for plain `/v1`. */
export function aliasOf(request: Pick<Request, 'path'>): Alias | null {
  return ALIASES.find((alias) => request.path.startsWith(`/${alias}/`)) ?? null;
}

/** `/aiimg`, `/aiai` or nothing: what stands before `/v1` in links to the same surface. */
export function aliasPrefix(request: Pick<Request, 'path'>): string {
  const alias = aliasOf(request);
  return alias === null ? '' : `/${alias}`;
}

/** Every path a controller of the OpenAI-shaped surface answers, aliases first. */
export function withAliases(path: string): string[] {
  return [path, ...ALIASES.map((alias) => `${alias}/${path}`)];
}
