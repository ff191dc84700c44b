import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { formTokenOf, type Session, SessionCookie, Sessions } from '../sessions/index.js';
import type { PageVisitor } from './page.js';

/** Somebody who is signed in. */
export type Visitor = Session & PageVisitor;

/** Who looks at a page. */
@Injectable()
export class Visitors {
  constructor(
    private readonly cookie: SessionCookie,
    private readonly sessions: Sessions,
  ) {}

  /** Null for somebody who is not signed in, or not any more. */
  async find(request: Request): Promise<Visitor | null> {
    const token = this.cookie.read(request);
    const session = token === null ? null : await this.sessions.find(token);
    return session && { ...session, formToken: formTokenOf(token!) };
  }
}
