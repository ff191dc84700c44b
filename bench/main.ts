import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.js';
import { edits } from './parts/edits.js';
import { ledger } from './parts/ledger.js';
import { memory } from './parts/memory.js';
import type { Part } from './parts/part.js';
import { relay } from './parts/relay.js';
import { scale } from './parts/scale.js';
import { merge, type Report, render, targetsTable, verdictOf } from './report.js';
import { FULL, NORMAL, type Settings, SMOKE } from './settings.js';
import { Workbench } from './workbench.js';

const PARTS: Readonly<Record<string, Part>> = { relay, ledger, memory, edits, scale };
const USAGE = `npm run bench -- [${Object.keys(PARTS).join('|')}|smoke] [--full] [--json FILE]`;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

interface Order {
  readonly names: readonly string[];
  readonly settings: Settings;
  /** Where the JSON goes, if anywhere. */
  readonly file: string | null;
}

/** @throws Error that says what can be asked for */
function readOrder(): Order {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { full: { type: 'boolean', default: false }, json: { type: 'string' } },
  });
  const [word = 'all'] = positionals;
  const names = word in PARTS ? [word] : Object.keys(PARTS);
  if (!['all', 'smoke', ...names].includes(word)) throw new Error(USAGE);
  const settings = values.full ? FULL : NORMAL;
  // Meant from where the command was typed; npm changes the folder.
  const typedIn = process.env.INIT_CWD ?? '.';
  return {
    names,
    settings: word === 'smoke' ? SMOKE : settings,
    file: values.json === undefined ? null : resolve(typedIn, values.json),
  };
}

/** See docs/performance.md. */
async function main(): Promise<void> {
  const { names, settings, file } = readOrder();
  const machine = describeMachine();
  say(machine);
  const begun = performance.now();
  const report = await runAll(names, settings);
  say(`\ndone in ${Math.round((performance.now() - begun) / 1000)} s`);
  if (file !== null) {
    await writeFile(file, JSON.stringify(toJson(machine, settings, report), null, 2));
  }
  if (report.wrong.length > 0) process.exitCode = 1;
}

async function runAll(names: readonly string[], settings: Settings): Promise<Report> {
  const bench = await Workbench.open(settings, say);
  try {
    const reports: Report[] = [];
    for (const name of names) {
      say(`\n--- ${name}: ${PARTS[name].about}`);
      const report = await PARTS[name].run(bench);
      for (const table of report.tables) say(render(table));
      reports.push(report);
    }
    const all = merge(reports);
    // Seconds of load find what is broken, not how fast it is.
    if (settings !== SMOKE) say(render(targetsTable(all.targets)));
    for (const problem of all.wrong) say(`WRONG ${problem}`);
    return all;
  } finally {
    await bench.close();
  }
}

function toJson(machine: string, settings: Settings, { tables, targets, wrong }: Report): object {
  const judged = targets.map((target) => ({ ...target, verdict: verdictOf(target) }));
  return { machine, at: new Date().toISOString(), settings, targets: judged, tables, wrong };
}

await main();
