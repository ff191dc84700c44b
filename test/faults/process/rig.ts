/** How a rig is run. */
export interface RigOptions {
  /** The run that CI can afford, or the one whose figures are published. */
  readonly long: boolean;
  /** Of trouble; each rig has its own default for both lengths. */
  readonly seconds: number | null;
  /** Decides what is tried when; the machine decides what comes in between. */
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface Rig {
  /** One line: what it tries to break. */
  readonly about: string;
  /** @returns what it found wrong, in words; nothing when all promises held */
  run(options: RigOptions): Promise<readonly string[]>;
}
