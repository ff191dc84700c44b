import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { DomainError, invalidValue } from '../common/domain-error.js';
import { isStorableText } from '../common/text.js';
import { Env } from '../config/index.js';
import { isFormToken, SessionCookie } from '../sessions/index.js';
import { readBody } from '../surface-kit/index.js';

/** No form here has more to say. */
const MAX_BYTES = 16_384;

/** A form's fields; each has one value. */
export class Form {
  constructor(private readonly fields: ReadonlyMap<string, string>) {}

  /** What was not sent is empty. */
  text(name: string): string {
    return this.fields.get(name) ?? '';
  }
}

/** Reads the forms that pages send, and only those of our own pages. */
@Injectable()
export class Forms {
  constructor(
    private readonly cookie: SessionCookie,
    private readonly env: Env,
  ) {}

  /**
   * A form of a page that this very browser was given.
   *
   * @throws DomainError `origin_not_allowed`; what `read` throws
   */
  async readOwn(request: Request): Promise<Form> {
    const form = await this.read(request);
    const token = this.cookie.read(request);
    if (token !== null && isFormToken(form.text('form_token'), token)) return form;
    throw new DomainError(
      'origin_not_allowed',
      'This form is too old, or your browser sends no cookies. Go back, reload the page and try again.',
    );
  }

  /**
   * A form that needs no session.
   *
   * @throws DomainError `origin_not_allowed` for one of another site's page;
   * `unsupported_media_type`, `request_too_large`, `invalid_value`
   */
  async read(request: Request): Promise<Form> {
    this.refuseForeign(request);
    refuseOtherMedia(request);
    return new Form(fieldsOf(await readBody(request, MAX_BYTES)));
  }

  /** Browsers say where a form comes from. By host, because a proxy may have ended TLS. */
  private refuseForeign({ headers }: Request): void {
    const { origin } = headers;
    if (origin === undefined) return;
    const own = [headers.host, hostOf(this.env.PUBLIC_URL)];
    const host = hostOf(origin);
    if (host !== null && own.includes(host)) return;
    throw new DomainError('origin_not_allowed', 'This form was sent from another site.');
  }
}

function hostOf(address: string | undefined): string | null {
  return address !== undefined && URL.canParse(address) ? new URL(address).host || null : null;
}

function refuseOtherMedia({ headers }: Request): void {
  const [type] = (headers['content-type'] ?? '').toLowerCase().split(';');
  if (type.trim() === 'application/x-www-form-urlencoded') return;
  throw new DomainError('unsupported_media_type', 'This is no form of a page.');
}

/**
 * Browsers end lines with two characters where people typed one.
 *
 * @throws DomainError `invalid_value`
 */
function fieldsOf(body: Buffer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const pair of body.toString('latin1').split('&').filter(Boolean)) {
    const [name, ...rest] = pair.split('=');
    const [field, value] = [decode(name), decode(rest.join('='))];
    if (field === null || value === null || fields.has(field) || !isStorableText(value)) {
      throw invalidValue('form', 'A field of this form cannot be read.');
    }
    fields.set(field, value.replace(/\r\n?/g, '\n'));
  }
  return fields;
}

/** What `URLSearchParams` makes of it, but for bytes that are no UTF-8, which it replaces in silence. */
function decode(sent: string): string | null {
  const bytes = sent
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(bytes, 'latin1'),
    );
  } catch {
    return null;
  }
}
