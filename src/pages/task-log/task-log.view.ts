import { toWireCredits } from '../../common/credits.js';
import { type Generation, hasEnded } from '../../relay/index.js';
import { excerpt } from '../excerpt.js';
import { type Html, markup } from '../markup.js';
import { HOME } from '../own-path.js';
import type { Page, PageVisitor } from '../page.js';
import { addressOf, STATUSES, type TaskLogQuery } from './task-log.query.js';

const PROMPT_LENGTH = 160;

/** One task with what its owner may open. */
export interface LoggedTask {
  readonly generation: Generation;
  /** Links of the images that are left, from the root. */
  readonly paths: readonly string[];
  /** Whether the share page shows the prompt; null without such a page. */
  readonly isPromptShown: boolean | null;
}

export interface TaskLogFacts {
  readonly visitor: PageVisitor;
  readonly query: TaskLogQuery;
  /** Names to choose from. */
  readonly models: readonly string[];
  readonly tasks: readonly LoggedTask[];
  /** Where older tasks begin; null at the end. */
  readonly next: string | null;
}

/** What an account's API keys have asked for, newest first. */
export function taskLogPage(facts: TaskLogFacts): Page {
  const { visitor, query, tasks, next } = facts;
  return {
    status: 200,
    title: 'API tasks · Easel',
    visitor,
    main: markup`<h1>API tasks</h1>
${filters(facts)}
${tasks.length > 0 ? list(facts) : markup`<p class="card soft">No tasks here.</p>`}
<nav class="paging" aria-label="Pages">
${query.before ? markup`<a href="${addressOf({ ...query, before: undefined })}">Newest</a>` : null}
${next ? markup`<a rel="next" href="${addressOf({ ...query, before: next })}">Older</a>` : null}
</nav>`,
  };
}

function filters({ query, models }: TaskLogFacts): Html {
  return markup`<form class="filters" method="get" action="${HOME}">
<label>Status
<select name="status">${options(['', ...STATUSES], query.status)}</select></label>
<label>Model
<select name="model">${options(['', ...models], query.model)}</select></label>
<button class="quiet">Filter</button>
</form>`;
}

function options(values: readonly string[], chosen: string | undefined): Html[] {
  const known = chosen === undefined || values.includes(chosen) ? values : [...values, chosen];
  return known.map((value) => {
    const selected = markup` selected`;
    return markup`<option value="${value}"${value === (chosen ?? '') ? selected : null}>${value || 'All'}</option>`;
  });
}

function list(facts: TaskLogFacts): Html {
  return markup`<table class="tasks">
<thead><tr><th>Made (UTC)</th><th>Status</th><th>Model</th><th>Prompt</th><th class="number">Credits</th><th>Images</th></tr></thead>
<tbody>
${facts.tasks.map((task) => row(task, facts))}
</tbody>
</table>`;
}

function row(task: LoggedTask, facts: TaskLogFacts): Html {
  const { id, request, status, createdAt, receipt, error, surface } = task.generation;
  const at = createdAt.toISOString();
  const credits = toWireCredits(hasEnded(status) ? receipt.captured : receipt.held);
  return markup`<tr>
<td data-label="Made (UTC)"><time datetime="${at}">${at.slice(0, 19).replace('T', ' ')}</time></td>
<td data-label="Status"><span class="status ${status}">${status}</span>${error ? markup`<br><span class="soft small">${error.message}</span>` : null}</td>
<td data-label="Model">${request.model}<br><span class="soft small">${surface}</span></td>
<td data-label="Prompt" class="words"><span dir="auto">${excerpt(request.prompt, PROMPT_LENGTH)}</span><br><code class="soft small">${id}</code></td>
<td data-label="Credits" class="number">${credits}</td>
<td data-label="Images">${task.paths.map((path, i) => markup`<a href="${path}">Image ${i + 1}</a> `)}${sharing(task, facts)}</td>
</tr>
`;
}

/** The share page, and whether it says what was asked for. */
function sharing({ generation, isPromptShown }: LoggedTask, facts: TaskLogFacts): Html | null {
  if (isPromptShown === null) return null;
  const { id } = generation;
  return markup`<a href="/images/${id}">Share page</a>
<form class="inline" method="post" action="${HOME}/${id}/prompt">
<input type="hidden" name="form_token" value="${facts.visitor.formToken}">
<input type="hidden" name="shown" value="${isPromptShown ? '0' : '1'}">
<input type="hidden" name="next" value="${addressOf(facts.query)}">
<button class="link">${isPromptShown ? 'Hide the prompt there' : 'Show the prompt there'}</button>
</form>`;
}
