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
    const text = (await readBody(request, MAX_BYTES)).toString();
    const fields = new Map<string, string>();
    for (const [name, value] of new URLSearchParams(text)) {
      if (fields.has(name) || !isStorableText(value)) {
        throw invalidValue('form', 'A field of this form cannot be read.');
      }
      fields.set(name, value);
    }
    return new Form(fields);
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
