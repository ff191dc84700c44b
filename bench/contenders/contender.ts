import type { Door } from '../load/job.js';

/** A program that relays, as a process of its own on the measured core. */
export interface Contender {
  readonly name: string;
  readonly door: Door;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A peer that is not on this machine is left out, with a word. */
export class NotHereError extends Error {}
