import { describe, expect, it } from '@jest/globals';
import { markup } from './markup.js';

describe(markup.name, () => {
  it('escapes whatever could end a text or an attribute', () => {
    const bad = `</title><script>alert("1")</script>' onload='x' \`y\` &amp;`;
    const { text } = markup`<p title="${bad}">${bad}</p>`;
    const inner = text.slice('<p title="'.length, -'</p>'.length);
    expect(inner.replace('">', '')).not.toMatch(/[<>"'`]|&(?!(?:amp|lt|gt|quot|#39|#96);)/);
  });

  it('takes its own kind as it is, lists included, and leaves nothing for null', () => {
    const items = ['a', '<b>'].map((item) => markup`<li>${item}</li>`);
    const { text } = markup`<ul>${items}</ul>${null}${2}`;
    expect(text).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>2');
  });
});
