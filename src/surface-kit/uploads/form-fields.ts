import { DomainError, invalidValue } from '../../common/domain-error.js';
import type { JsonObject } from '../../common/strict-json.js';

const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
/** What a decoder puts in the place of bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd';

/**
 * The text fields of a form. One that is empty counts as not sent, which is how
 * forms leave something out.
 *
 * @throws DomainError `invalid_value` for names that are no plain words, fields
 * that came twice, and text that is no UTF-8. Names that a sender made up are
 * never repeated to him.
 */
export function fieldsOf(body: Readonly<Record<string, unknown>>): JsonObject {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(body)) {
    if (!isPlainName(name)) throw new DomainError('invalid_value', 'A field has no usable name.');
    if (typeof value !== 'string') throw invalidValue(name, `'${name}' was sent more than once.`);
    if (value.includes(REPLACEMENT)) throw invalidValue(name, `'${name}' is not valid UTF-8.`);
    if (value !== '') fields[name] = value;
  }
  return fields;
}

/** A name that can be shown, stored and used as a key. */
export function isPlainName(name: string): boolean {
  return PLAIN_NAME.test(name) && name !== 'constructor' && name !== 'prototype';
}
