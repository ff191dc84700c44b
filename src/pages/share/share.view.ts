import type { SharedImages } from '../../relay/index.js';
import { excerpt } from '../excerpt.js';
import { type Html, markup } from '../markup.js';
import type { Page } from '../page.js';

const TITLE_LENGTH = 70;
/** What screen readers and previews are told of a picture. */
const ALT_LENGTH = 300;
/** A prompt longer than this is folded. */
const PROMPT_LENGTH = 600;
/** A preview elsewhere takes no more. */
const MAX_PREVIEWS = 4;

export interface ShareFacts {
  readonly shared: SharedImages;
  /** What the model is called. */
  readonly model: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Of each image, in order, from the root. */
  readonly paths: readonly string[];
}

/** Everybody's view of a generation: pictures, what made them, and the prompt if its owner shows it. */
export function sharePage(facts: ShareFacts): Page {
  const { shared, model, paths } = facts;
  const title = excerpt(shared.prompt ?? '', TITLE_LENGTH) || `Image by ${model}`;
  const date = shared.createdAt.toISOString();
  return {
    status: 200,
    title: `${title} · Easel`,
    head: preview(facts, title),
    main: markup`<h1 dir="auto">${title}</h1>
<div class="pictures${paths.length > 1 ? ' several' : ''}">
${paths.map((path, i) => picture(facts, path, i))}
</div>
${shared.prompt ? promptOf(shared.prompt) : null}
<p class="soft small">Made with ${model} on <time datetime="${date}">${date.slice(0, 10)}</time>. <a href="/images/${shared.id}/report" rel="nofollow">Report this image</a></p>`,
  };
}

/** Open Graph, which most services read, and the one word that Twitter needs beside it. */
function preview(facts: ShareFacts, title: string): Html {
  const { shared, model, origin, paths } = facts;
  const description = excerpt(shared.prompt ?? '', ALT_LENGTH) || `An image made with ${model}.`;
  return markup`<meta name="description" content="${description}">
<meta property="og:type" content="website">
<meta property="og:site_name" content="Easel">
<meta property="og:title" content="${title}">
<meta property="og:description" content="${description}">
<meta property="og:url" content="${origin}/images/${shared.id}">
${paths.slice(0, MAX_PREVIEWS).map((path, i) => previewImage(facts, path, i))}
<meta name="twitter:card" content="summary_large_image">`;
}

function previewImage(facts: ShareFacts, path: string, i: number): Html {
  const { mediaType, width, height } = facts.shared.images[i];
  return markup`<meta property="og:image" content="${facts.origin}${path}">
<meta property="og:image:type" content="${mediaType}">
<meta property="og:image:width" content="${width}">
<meta property="og:image:height" content="${height}">
<meta property="og:image:alt" content="${altOf(facts, i)}">
`;
}

function picture(facts: ShareFacts, path: string, i: number): Html {
  const { width, height } = facts.shared.images[i];
  const alt = altOf(facts, i);
  return markup`<a class="picture" href="${path}">
<img src="${path}" width="${width}" height="${height}" alt="${alt}">
</a>
`;
}

function altOf({ shared, model, paths }: ShareFacts, i: number): string {
  const which = paths.length > 1 ? `Image ${i + 1} of ${paths.length}` : 'Image';
  const told = excerpt(shared.prompt ?? '', ALT_LENGTH);
  return told ? `${which}: ${told}` : `${which} made with ${model}`;
}

function promptOf(prompt: string): Html {
  if (prompt.length <= PROMPT_LENGTH) {
    return markup`<h2>Prompt</h2>
<p class="prompt" dir="auto">${prompt}</p>`;
  }
  return markup`<h2>Prompt</h2>
<details>
<summary class="prompt" dir="auto">${excerpt(prompt, PROMPT_LENGTH)}</summary>
<p class="prompt" dir="auto">${prompt}</p>
</details>`;
}
