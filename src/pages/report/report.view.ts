import { MAX_NOTE } from '../../moderation/index.js';
import { markup } from '../markup.js';
import type { Page } from '../page.js';

const REASONS: readonly (readonly [reason: string, label: string])[] = [
  ['illegal', 'It is against the law'],
  ['sexual', 'Sexual content'],
  ['violence', 'Violence or hate'],
  ['person', 'It shows me or somebody I know'],
  ['copyright', 'It is my work or brand'],
  ['other', 'Something else'],
];

export function reportPage(id: string): Page {
  return {
    status: 200,
    title: 'Report an image · Easel',
    main: markup`<div class="narrow">
<h1>Report an image</h1>
<p><a href="/images/${id}">Back to the image</a></p>
<form class="card fields" method="post" action="/images/${id}/report">
<label>What is wrong with it
<select name="reason">${REASONS.map(([reason, label]) => markup`<option value="${reason}">${label}</option>`)}</select></label>
<label>More about it, if you like
<textarea name="note" rows="5" maxlength="${MAX_NOTE}"></textarea></label>
<button>Report to the operator</button>
</form>
<p class="soft small">The operator of this server reads it. Who you are is not recorded: say how to reach you if you expect an answer.</p>
</div>`,
  };
}

export function thanksPage(id: string): Page {
  return {
    status: 200,
    title: 'Thank you · Easel',
    main: markup`<div class="narrow">
<h1>Thank you</h1>
<p>The operator of this server will look at it.</p>
<p><a href="/images/${id}">Back to the image</a></p>
</div>`,
  };
}
