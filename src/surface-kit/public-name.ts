const MAX_NAME = 64;

/**
 * A name the client chose, made fit for a header or an error: other characters
 * than `[A-Za-z0-9_.-]` and brackets become `?`, and it is cut at 64.
 */
export function publicName(name: string): string {
  return name.slice(0, MAX_NAME).replace(/[^A-Za-z0-9_.[\]-]/g, '?');
}
