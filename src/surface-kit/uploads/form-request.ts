import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * What the form parser sees in the place of a request: its headers only. The
 * body is fed to the parser from elsewhere, so a form that is refused is given
 * up at once instead of being read to its end.
 */
export class FormRequest extends EventEmitter {
  /** Fields by name, as the parser leaves them. */
  body: Readonly<Record<string, unknown>> = {};
  readonly readable = false;
  readonly destroyed = false;

  constructor(readonly headers: IncomingHttpHeaders) {
    super();
  }

  unpipe(): void {
    // There is nothing to take apart: the body never was here.
  }

  resume(): void {
    // As above.
  }
}
