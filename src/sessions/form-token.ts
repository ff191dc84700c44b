import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * What a form must send back to be believed: it follows from the token in the
 * cookie, which no other site can read, and says nothing of it.
 */
export function formTokenOf(token: string): string {
  return createHmac('sha256', token).update('easel form').digest('base64url');
}

export function isFormToken(sent: string, token: string): boolean {
  const [given, expected] = [Buffer.from(sent), Buffer.from(formTokenOf(token))];
  return given.length === expected.length && timingSafeEqual(given, expected);
}
