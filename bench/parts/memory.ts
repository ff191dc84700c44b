import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryOf } from '../../test/support/memory-of.js';
import { startEasel } from '../contenders/easel.js';
import type { Contender } from '../contenders/contender.js';
import { startPeers } from '../contenders/peers.js';
import type { Kind } from '../kinds.js';
import { ratio } from '../measure.js';
import type { Report, Table, Target } from '../report.js';
import type { Workbench } from '../workbench.js';
import type { Part } from './part.js';

interface Crowd {
  readonly who: string;
  /** MiB. */
  readonly idle: number;
  readonly peak: number;
  readonly wrong: string | null;
}

interface Stalled {
  readonly size: string;
  /** MiB per reader. */
  readonly growth: number;
}

/** Resident memory: a crowd of pictures, readers that stand still, many streams. */
export const memory: Part = {
  about: 'resident memory with many at once, with readers that stall, with streams',
  run: memoryPart,
};

async function memoryPart(bench: Workbench): Promise<Report> {
  const easel = await startEasel(bench);
  const contenders = [...(await startPeers(bench)), easel];
  const crowds: Crowd[] = [];
  for (const contender of contenders) {
    bench.say(`memory: ${contender.name}`);
    crowds.push(await crowd(bench, contender, 'b64', bench.settings.crowd.requests));
  }
  bench.say('memory: readers that stall, streams');
  const stalled = [
    await stall(bench, easel, 'big', '8 MiB'),
    await stall(bench, easel, 'huge', '24 MiB'),
  ];
  const streams = await crowd(bench, easel, 'sse', bench.settings.crowd.streams);
  for (const contender of contenders) await contender.stop();
  return {
    tables: [crowdTable(bench, crowds), stallTable(bench, stalled), streamTable(bench, streams)],
    targets: targetsOf(crowds, stalled),
    wrong: [...crowds, streams].flatMap(({ wrong }) => wrong ?? []),
  };
}

async function crowd(
  bench: Workbench,
  { name, door, pid }: Contender,
  kind: Kind,
  concurrency: number,
): Promise<Crowd> {
  const resident = new MemoryOf(pid);
  const idle = await resident.now();
  await resident.forget();
  const { seconds } = bench.settings;
  const { example } = await bench.run({ door, kind, concurrency, latencyMs: 0, seconds });
  return { who: name, idle, peak: await resident.peak(), wrong: example && `${name}: ${example}` };
}

/** What was needed to make the answers is there before the readers are counted. */
async function stall(
  bench: Workbench,
  { door, pid }: Contender,
  kind: Kind,
  size: string,
): Promise<Stalled> {
  const { settleMs, crowd } = bench.settings;
  const readers = crowd.stalled;
  await bench.run({ door, kind, concurrency: readers, latencyMs: 0, seconds: 0.1 });
  await sleep(settleMs);
  const resident = new MemoryOf(pid);
  const before = await resident.now();
  await bench.stall({ door, kind, readers });
  await sleep(settleMs);
  const growth = ((await resident.now()) - before) / readers;
  await bench.release();
  await sleep(settleMs);
  return { size, growth };
}

function crowdTable({ settings }: Workbench, crowds: readonly Crowd[]): Table {
  return {
    title: `Memory: MiB resident with ${settings.crowd.requests} × 2 MiB at once`,
    columns: ['who', 'idle', 'peak'],
    rows: crowds.map(({ who, idle, peak }) => [who, idle, peak]),
  };
}

function stallTable({ settings }: Workbench, stalled: readonly Stalled[]): Table {
  return {
    title: `Memory: MiB per reader that stalls, of ${settings.crowd.stalled}`,
    columns: ['answer', 'growth'],
    rows: stalled.map(({ size, growth }) => [size, growth]),
  };
}

function streamTable({ settings }: Workbench, { idle, peak }: Crowd): Table {
  return {
    title: `Memory: MiB resident with ${settings.crowd.streams} streams of 3 + 1 × 1 MiB at once`,
    columns: ['before', 'peak'],
    rows: [[idle, peak]],
  };
}

function targetsOf(crowds: readonly Crowd[], stalled: readonly Stalled[]): Target[] {
  const peak = (name: string) => crowds.find(({ who }) => who === name)?.peak ?? null;
  return [
    {
      what: 'peak RSS, 2 MiB, c64',
      atMost: 0.5,
      unit: '× Portkey',
      found: ratio(peak('Easel'), peak('Portkey')),
    },
    ...stalled.map(({ size, growth }) => ({
      what: `RSS per stalled reader of ${size}`,
      atMost: 0.5,
      unit: 'MiB',
      found: growth,
    })),
  ];
}
