import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Env } from '../config/index.js';
import { logger } from '../observability/logger.js';
import { SESSION_SECONDS } from './sessions.service.js';

/** As `newToken` makes them; whatever else comes is no token. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/**
 * The cookie that a browser is known by. Where the outside address is https its
 * name begins with `__Host-`: browsers then take it from this host alone, over TLS
 * alone. Otherwise it has another name, so that neither is taken for the other.
 */
@Injectable()
export class SessionCookie {
  readonly name: string;
  private readonly isSecure: boolean;
  private warned = false;

  constructor(env: Env) {
    this.isSecure = env.PUBLIC_URL?.toLowerCase().startsWith('https:') ?? false;
    this.name = this.isSecure ? '__Host-easel' : 'easel';
  }

  /** Null without one, and where several of that name were sent: one of them is not ours. */
  read({ headers }: Pick<Request, 'headers'>): string | null {
    const sent = (headers.cookie ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${this.name}=`))
      .map((pair) => pair.slice(this.name.length + 1));
    return sent.length === 1 && TOKEN.test(sent[0]) ? sent[0] : null;
  }

  set(response: Response, token: string): void {
    this.warnOnce();
    this.write(response, token, SESSION_SECONDS);
  }

  clear(response: Response): void {
    this.write(response, '', 0);
  }

  private write(response: Response, value: string, seconds: number): void {
    const secure = this.isSecure ? '; Secure' : '';
    response.append(
      'Set-Cookie',
      `${this.name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`,
    );
  }

  private warnOnce(): void {
    if (this.isSecure || this.warned) return;
    this.warned = true;
    logger('sessions').warn(
      'PUBLIC_URL is not https: session cookies travel without Secure, and passwords in the clear',
    );
  }
}
