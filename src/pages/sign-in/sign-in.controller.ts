import { Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { formTokenOf, newToken, SessionCookie, Sessions, SignIn } from '../../sessions/index.js';
import { Forms } from '../forms.service.js';
import { ownPath } from '../own-path.js';
import { sendPage } from '../page.js';
import { ApiForm, ApiPage } from '../pages.docs.js';
import { Visitors } from '../visitors.service.js';
import { signInPage } from './sign-in.view.js';

/** The door for people: in by password, out by a button. */
@Controller()
export class SignInController {
  constructor(
    private readonly signing: SignIn,
    private readonly sessions: Sessions,
    private readonly cookie: SessionCookie,
    private readonly forms: Forms,
    private readonly visitors: Visitors,
  ) {}

  @Get('sign-in')
  @ApiPage({
    operationId: 'getSignIn',
    summary: 'The sign-in form',
    description: 'Who is signed in already is sent on.',
  })
  @ApiQuery({
    name: 'next',
    required: false,
    description: 'Where to go then: a path of this server.',
  })
  async form(
    @Query('next') wish: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const next = ownPath(wish);
    if (await this.visitors.find(request)) return response.redirect(303, next);
    const token = this.cookie.read(request) ?? newToken();
    // Set again each time: a form that is shown must be good when it is sent.
    this.cookie.set(response, token);
    sendPage(response, signInPage({ formToken: formTokenOf(token), next }), 'no-store');
  }

  @Post('sign-in')
  @ApiForm({
    operationId: 'signIn',
    summary: 'Sign in',
    description:
      'Ten tries per account and thirty per address in a quarter of an hour. The session gets a ' +
      'token of its own; it ends after seven days, or a day without use.',
    fields: ['form_token', 'email', 'password', 'next'],
  })
  async signIn(@Req() request: Request, @Res() response: Response): Promise<void> {
    const form = await this.forms.readOwn(request);
    const before = this.cookie.read(request)!;
    const next = ownPath(form.text('next'));
    const email = form.text('email');
    const password = form.text('password');
    const token = await this.signing.try({ email, password, ip: request.ip });
    if (token === null) {
      const page = signInPage({ formToken: formTokenOf(before), next, tried: email });
      return sendPage(response, page, 'no-store');
    }
    await this.sessions.end(before);
    this.cookie.set(response, token);
    response.redirect(303, next);
  }

  @Post('sign-out')
  @ApiForm({ operationId: 'signOut', summary: 'Sign out', fields: ['form_token'] })
  async signOut(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.forms.readOwn(request);
    await this.sessions.end(this.cookie.read(request)!);
    this.cookie.clear(response);
    response.redirect(303, '/sign-in');
  }
}
