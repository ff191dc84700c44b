/** The one stylesheet of all pages. */
export const STYLESHEET = `
:root {
  color-scheme: light dark;
  --back: #faf9f7; --card: #ffffff; --ink: #1d1b18; --soft: #66605a; --line: #e2ddd6;
  --accent: #9a3412; --on-accent: #ffffff; --bad: #b42318; --good: #18794e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #171513; --card: #211e1b; --ink: #f1ede8; --soft: #aba39a; --line: #38332e;
    --accent: #fdba74; --on-accent: #2b1605; --bad: #ff9a8d; --good: #6fd3a1;
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--back); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
h1, h2 { line-height: 1.2; margin: 0 0 .6rem; overflow-wrap: anywhere; text-wrap: balance; }
h1 { font-size: 1.75rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
p { margin: 0 0 1rem; }
code {
  font: .92em/1.5 ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere;
}
.top {
  display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem;
  padding: .75rem max(1rem, calc((100% - 66rem) / 2)); border-bottom: 1px solid var(--line);
}
.brand { display: inline-flex; align-items: center; gap: .5rem; color: inherit; font-weight: 600; text-decoration: none; }
.visitor { display: flex; align-items: center; gap: .75rem; min-width: 0; margin: 0; }
.who { color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
.narrow { max-width: 26rem; margin: 0 auto; }
.text { max-width: 44rem; }
.soft { color: var(--soft); } .small { font-size: .875rem; }
.bad { color: var(--bad); } .good { color: var(--good); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; }
.pictures { display: grid; gap: 1rem; margin: 0 0 1.5rem; }
.picture { display: block; margin: 0; text-align: center; }
.picture img {
  display: block; max-width: 100%; max-height: 80vh; width: auto; height: auto; margin: 0 auto;
  border-radius: .5rem; background: var(--line);
}
@media (min-width: 48rem) { .pictures.several { grid-template-columns: 1fr 1fr; } }
.prompt {
  margin: 0 0 1rem; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext;
}
label { display: block; font-weight: 600; }
input, select, textarea {
  display: block; width: 100%; margin-top: .25rem; padding: .5rem .65rem; font: inherit; font-weight: 400;
  color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: .5rem;
}
.fields { display: grid; gap: 1rem; margin: 0 0 1rem; }
button {
  padding: .55rem 1rem; font: inherit; font-weight: 600; cursor: pointer; border-radius: .5rem;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent);
}
button.quiet { color: inherit; background: var(--card); border-color: var(--line); font-weight: 400; white-space: nowrap; }
button.link {
  padding: 0; color: var(--accent); background: none; border: 0; font-weight: 400; text-align: left;
  text-decoration: underline; text-underline-offset: .15em;
}
.filters { display: flex; flex-wrap: wrap; align-items: end; gap: 1rem; margin: 0 0 1.5rem; }
.filters label { flex: 0 1 14rem; }
.paging { display: flex; justify-content: space-between; gap: 1rem; margin-top: 1.5rem; }
.paging [rel=next] { margin-left: auto; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .6rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-size: .875rem; color: var(--soft); font-weight: 600; }
.wide { overflow-x: auto; }
.wide code, .wide .number { white-space: nowrap; }
.last { margin-bottom: 0; } .card + p { margin-top: 1rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.words { overflow-wrap: anywhere; min-width: 14rem; unicode-bidi: isolate; }
.tasks td:nth-child(3) { white-space: nowrap; }
.tasks time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.tasks td > a { margin-right: .5rem; white-space: nowrap; }
.status { font-weight: 600; } .succeeded { color: var(--good); } .failed { color: var(--bad); }
.inline { margin: 0; }
@media (max-width: 48rem) {
  .wide :is(th, td) { padding: .5rem .4rem; }
  main .wide code { white-space: normal; }
  .wide :is(th, td):nth-child(2) { display: none; }
  .tasks thead { display: none; }
  .tasks, .tasks tbody, .tasks tr, .tasks td { display: block; min-width: 0; }
  .tasks tr { padding: .75rem 1rem; margin: 0 0 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
  .tasks td:nth-child(3) { white-space: normal; }
  .tasks td { display: grid; grid-template-columns: 6.5rem 1fr; gap: 0 .75rem; padding: .25rem 0; border: 0; text-align: left; }
  .tasks td::before { content: attr(data-label); grid-row: span 4; color: var(--soft); font-size: .875rem; }
  .tasks td > * { grid-column: 2; } .tasks br { display: none; }
}
summary.prompt { cursor: pointer; } details[open] > label { display: block; font-weight: 600; }
input, select, textarea {
  display: block; width: 100%; margin-top: .25rem; padding: .5rem .65rem; font: inherit; font-weight: 400;
  color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: .5rem;
}
.fields { display: grid; gap: 1rem; margin: 0 0 1rem; }
button {
  padding: .55rem 1rem; font: inherit; font-weight: 600; cursor: pointer; border-radius: .5rem;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent);
}
button.quiet { color: inherit; background: var(--card); border-color: var(--line); font-weight: 400; }
button.link {
  padding: 0; color: var(--accent); background: none; border: 0; font-weight: 400; text-align: left;
  text-decoration: underline; text-underline-offset: .15em;
}
.filters { display: flex; flex-wrap: wrap; align-items: end; gap: 1rem; margin: 0 0 1.5rem; }
.filters label { flex: 0 1 14rem; }
.paging { display: flex; justify-content: space-between; gap: 1rem; margin-top: 1.5rem; }
.paging [rel=next] { margin-left: auto; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .6rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-size: .875rem; color: var(--soft); font-weight: 600; }
.wide { overflow-x: auto; }
.wide code, .wide .number { white-space: nowrap; }
.last { margin-bottom: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.words { overflow-wrap: anywhere; min-width: 14rem; unicode-bidi: isolate; }
.tasks td:nth-child(3) { white-space: nowrap; }
.tasks time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.tasks td > a { margin-right: .5rem; white-space: nowrap; }
.status { font-weight: 600; } .succeeded { color: var(--good); } .failed { color: var(--bad); }
.inline { margin: 0; }
@media (max-width: 48rem) {
  .tasks thead { display: none; }
  .tasks, .tasks tbody, .tasks tr, .tasks td { display: block; min-width: 0; }
  .tasks tr { padding: .75rem 1rem; margin: 0 0 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
  .tasks td { display: grid; grid-template-columns: 6.5rem 1fr; gap: 0 .75rem; padding: .25rem 0; border: 0; text-align: left; }
  .tasks td::before { content: attr(data-label); grid-row: span 4; color: var(--soft); font-size: .875rem; }
  .tasks td > * { grid-column: 2; } .tasks br { display: none; }
}
summary.prompt { color: var(--soft); }
`;
