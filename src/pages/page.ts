import type { Response } from 'express';
import { type Html, markup } from './markup.js';

/** One page, before it has its frame. */
export interface Page {
  readonly status: number;
  readonly title: string;
  /** Into the head: what a preview elsewhere is made of. */
  readonly head?: Html;
  readonly main: Html;
  /** Who is signed in; such a page is nobody else's. */
  readonly visitor?: PageVisitor;
  /** Search engines may list it. */
  readonly isIndexed?: boolean;
}

export interface PageVisitor {
  readonly email: string;
  readonly formToken: string;
}

/** Nothing inline, nothing from elsewhere, no script at all. */
const CSP = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Answers with a page. One for everybody may be kept but is asked for again each
 * time, so that a takedown holds at once; every other is not kept at all.
 *
 * @param cache `no-cache`: the same for everybody
 */
export function sendPage(response: Response, page: Page, cache: 'no-cache' | 'no-store'): void {
  response.status(page.status).set({
    'Content-Security-Policy': CSP,
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': cache,
    // Forms need an Origin that says something; addresses of pages stay here all the same.
    'Referrer-Policy': 'same-origin',
    ...(page.isIndexed ? {} : { 'X-Robots-Tag': 'noindex' }),
  });
  response.send(render(page).text);
}

function render({ title, head, main, visitor, isIndexed }: Page): Html {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${isIndexed ? null : markup`<meta name="robots" content="noindex">`}
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/assets/easel.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/pages.css">
${head ?? null}
</head>
<body>
<header class="top">
<a class="brand" href="/"><img src="/assets/easel.svg" alt="" width="24" height="24"> Easel</a>
${visitor ? signedIn(visitor) : null}
</header>
<main>
${main}
</main>
</body>
</html>
`;
}

function signedIn({ email, formToken }: PageVisitor): Html {
  return markup`<form class="visitor" method="post" action="/sign-out">
<input type="hidden" name="form_token" value="${formToken}">
<span class="who">${email}</span>
<button class="quiet">Sign out</button>
</form>`;
}
