import type { Report } from '../report.js';
import type { Workbench } from '../workbench.js';

/** A part of the bench that can be run alone. */
export interface Part {
  /** One line: what it compares. */
  readonly about: string;
  run(bench: Workbench): Promise<Report>;
}
