import type { RunReport } from './world.js';

const PROGRESS_EVERY_MS = 15_000;

/** Adds runs up and says how it goes. */
export class Tally {
  private runs = 0;
  private crashes = 0;
  private faults = 0;
  private steps = 0;
  private generations = 0;
  private readonly violations: string[] = [];
  private readonly sites = new Map<string, number>();
  private readonly begun = performance.now();
  private toldAt = performance.now();

  constructor(private readonly wanted: number) {}

  get isClean(): boolean {
    return this.violations.length === 0 && this.crashes >= this.wanted;
  }

  add(report: RunReport | { ledger: readonly string[] }): void {
    if ('ledger' in report) {
      this.violations.push(...report.ledger);
      return;
    }
    this.runs += 1;
    this.crashes += report.crashes;
    this.faults += report.faults;
    this.steps += report.steps;
    this.generations += report.generations;
    for (const [site, times] of report.sites) {
      this.sites.set(site, (this.sites.get(site) ?? 0) + times);
    }
    if (report.violations.length > 0) this.tell(report);
    if (performance.now() - this.toldAt > PROGRESS_EVERY_MS) this.progress();
  }

  print(): void {
    const seconds = (performance.now() - this.begun) / 1000;
    const crashSites = [...this.sites.keys()].filter((site) => site.includes('crash')).length;
    say(
      `${this.crashes} crash points at ${crashSites} places, ${this.faults} faults without a death, ` +
        `${this.runs} runs, ${this.generations} generations, ${this.steps} steps in ` +
        `${seconds.toFixed(1)} s (${(this.crashes / seconds).toFixed(0)} crash points/s)`,
    );
    say(this.violations.length === 0 ? 'nothing violated' : `${this.violations.length} violated`);
    for (const violation of this.violations) say(`VIOLATED: ${violation}`);
  }

  private tell({ seed, violations, tail }: RunReport): void {
    say(`\nseed ${seed}: repeat with npm run test:faults -- simulator --seed ${seed}`);
    for (const line of tail) say(line);
    for (const violation of violations) {
      say(`VIOLATED: ${violation}`);
      this.violations.push(`seed ${seed}: ${violation}`);
    }
  }

  private progress(): void {
    this.toldAt = performance.now();
    const seconds = (this.toldAt - this.begun) / 1000;
    say(`  ${this.crashes} of ${this.wanted} crash points after ${seconds.toFixed(0)} s`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
