/** Where somebody goes who is signed in and wants to go nowhere. */
export const HOME = '/activity/ai-tasks/api-logs';

/** Only its origin matters, and that it is nobody's. */
const NOWHERE = 'http://nowhere.invalid';
const MAX_LENGTH = 2000;

/**
 * Where to go on after a form: a path of this server, whatever was asked for.
 * Browsers read `//host`, `/\host` and `/.//host` as another site's address, so
 * what is answered is what a browser's parser makes of it, if that is a path still.
 */
export function ownPath(wish: unknown): string {
  if (typeof wish !== 'string' || !wish.startsWith('/') || wish.length > MAX_LENGTH) return HOME;
  if (!URL.canParse(wish, NOWHERE)) return HOME;
  const { origin, pathname, search } = new URL(wish, NOWHERE);
  const isOwn = origin === NOWHERE && !/^\/[/\\]/.test(pathname);
  return isOwn ? pathname + search : HOME;
}
