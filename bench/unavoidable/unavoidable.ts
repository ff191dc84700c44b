import { Child } from '../child.js';
import { median } from '../figures.js';
import type { Workbench } from '../workbench.js';

/** µs of CPU: for 2 MiB of base64, and for the file of one pixel. */
export interface PartCosts {
  readonly decode: number;
  readonly hash: number;
  readonly file: number;
  readonly encode: number;
  readonly smallFile: number;
}

/** The unavoidable parts alone, on the measured core, once a round. */
export class Unavoidable {
  private readonly rounds: PartCosts[] = [];

  private constructor(
    private readonly child: Child,
    private readonly repeats: number,
  ) {}

  static async start(bench: Workbench): Promise<Unavoidable> {
    const folder = `${bench.folder.path}/parts`;
    const child = Child.program(bench.folder, 'unavoidable/main.ts', [folder], { obeys: true });
    await bench.putOnMeasuredCore(child.pid);
    return new Unavoidable(child, bench.settings.repeats);
  }

  async round(): Promise<void> {
    this.rounds.push(await this.child.ask<PartCosts>({ repeats: this.repeats }));
  }

  get costs(): PartCosts {
    const of = (name: keyof PartCosts) => median(this.rounds.map((round) => round[name]));
    return {
      decode: of('decode'),
      hash: of('hash'),
      file: of('file'),
      encode: of('encode'),
      smallFile: of('smallFile'),
    };
  }

  stop(): Promise<void> {
    return this.child.stop();
  }
}
