import { show } from './figures.js';

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** A row of the targets: what was found, and what it may be. */
export interface Target {
  readonly what: string;
  /** Null: not measured here, for want of a contender. */
  readonly found: number | null;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly unit: string;
}

export interface Report {
  readonly tables: readonly Table[];
  readonly targets: readonly Target[];
  /** Answers that were not byte for byte right, in words: a bench of wrong answers measures nothing. */
  readonly wrong: readonly string[];
}

export function merge(reports: readonly Report[]): Report {
  return {
    tables: reports.flatMap(({ tables }) => tables),
    targets: reports.flatMap(({ targets }) => targets),
    wrong: reports.flatMap(({ wrong }) => wrong),
  };
}

export function verdictOf({ found, atMost, atLeast }: Target): 'met' | 'missed' | 'not measured' {
  if (found === null || Number.isNaN(found)) return 'not measured';
  const met = found <= (atMost ?? Infinity) && found >= (atLeast ?? -Infinity);
  return met ? 'met' : 'missed';
}

export function targetsTable(targets: readonly Target[]): Table {
  return {
    title: 'Targets',
    columns: ['what', 'target', 'found', ''],
    rows: targets.map((target) => {
      const { atMost, atLeast, unit } = target;
      const limit = atMost === undefined ? `≥ ${show(atLeast)}` : `≤ ${show(atMost)}`;
      const found = target.found === null ? '–' : `${show(target.found)} ${unit}`;
      return [target.what, `${limit} ${unit}`, found, verdictOf(target)];
    }),
  };
}

/** As Markdown, so that it can be quoted as it is. */
export function render({ title, columns, rows }: Table): string {
  const cells = [columns, ...rows].map((row) =>
    row.map((cell) => (typeof cell === 'string' ? cell : show(cell))),
  );
  const widths = columns.map((_, at) => Math.max(3, ...cells.map((row) => row[at].length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  const [head, ...body] = cells;
  return [`\n${title}\n`, line(head), line(rule), ...body.map(line)].join('\n');
}
