import { markup } from '../markup.js';
import type { Page } from '../page.js';

export interface SignInFacts {
  readonly formToken: string;
  /** Where to go afterwards; a path of ours. */
  readonly next: string;
  /** What was tried, when it was wrong. */
  readonly tried?: string;
}

export function signInPage({ formToken, next, tried }: SignInFacts): Page {
  const isWrong = tried !== undefined;
  return {
    status: isWrong ? 403 : 200,
    title: 'Sign in · Easel',
    main: markup`<div class="narrow">
<h1>Sign in</h1>
${isWrong ? markup`<p class="bad" role="alert">E-mail and password do not belong together.</p>` : null}
<form class="card fields" method="post" action="/sign-in">
<input type="hidden" name="form_token" value="${formToken}">
<input type="hidden" name="next" value="${next}">
<label>E-mail
<input type="email" name="email" value="${tried ?? ''}" autocomplete="username" maxlength="254" required autofocus></label>
<label>Password
<input type="password" name="password" autocomplete="current-password" maxlength="1024" required></label>
<button>Sign in</button>
</form>
<p class="soft small">For customers of this server, with the password that its operator has set. API keys sign nobody in.</p>
</div>`,
  };
}
