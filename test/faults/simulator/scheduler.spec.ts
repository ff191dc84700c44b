import { beforeEach, describe, expect, it } from '@jest/globals';
import { clock } from './clock.js';
import { CALM, type Weather } from './faults.js';
import { Random } from './random.js';
import { type Process, Scheduler } from './scheduler.js';
import { Trace } from './trace.js';

const CALLS = 12;

class Node implements Process {
  alive = true;
  frozen = false;
  readonly isBooting = false;
  readonly skewMs = 0;
  readonly heard: string[] = [];

  constructor(readonly name: string) {}

  onDeath(): void {
    return undefined;
  }
}

/** Processes that make calls one after the other, and what came of it. */
class Rig {
  /** Effects in the order in which they took place. */
  readonly effects: string[] = [];
  readonly trace = new Trace(1_000);
  readonly scheduler: Scheduler;
  readonly nodes: Node[];
  private readonly random: Random;

  constructor(
    seed: number,
    weather: Partial<Weather>,
    names = ['a', 'b', 'c'],
    /** Calls of one process that are on their way at the same time. */
    private readonly lanes = 1,
  ) {
    this.random = new Random(seed);
    this.scheduler = new Scheduler(this.random, this.trace, async () => false);
    this.scheduler.weather = { ...CALM, ...weather };
    this.nodes = names.map((name) => new Node(name));
  }

  async run(): Promise<this> {
    for (const node of this.nodes) await this.scheduler.as(node, () => this.begin(node));
    for (let choices = this.scheduler.choices(); choices.length > 0;) {
      const options = choices.map((choice) => [choice, choice.weight] as const);
      await this.random.weighted(options).run();
      choices = this.scheduler.choices();
    }
    return this;
  }

  private begin(node: Node): void {
    for (let lane = 0; lane < this.lanes; lane++) void this.work(node);
  }

  private async work(node: Node): Promise<void> {
    for (let i = 0; i < CALLS; i++) {
      const name = `${node.name}${i}`;
      const call = this.scheduler.port({
        owner: node,
        kind: 'database',
        site: 'statement',
        subject: name,
        effect: async () => this.effects.push(name),
        outage: () => new Error('away'),
      });
      node.heard.push(await call.then(() => name).catch(() => `${name} failed`));
      if (!node.alive) node.heard.push('ran on after its death');
    }
  }
}

describe(Scheduler.name, () => {
  beforeEach(() => clock.reset(0));

  const rough: Partial<Weather> = { crash: 0.03, outage: 0.1, unknown: 0.1, slowAnswer: 0.3 };

  it('repeats a run from its seed, call for call', async () => {
    const runs = [];
    for (const seed of [1, 1, 2]) runs.push(await new Rig(seed, rough).run());
    const [first, again, other] = runs;

    expect(again.trace.tail).toEqual(first.trace.tail);
    expect(again.effects).toEqual(first.effects);
    expect(other.trace.digest).not.toBe(first.trace.digest);
  });

  it('gives every process its own answers in its own order, however calls are sent together', async () => {
    const { nodes, effects } = await new Rig(3, { slowAnswer: 0.3 }).run();

    const names = ({ name }: Node) => Array.from({ length: CALLS }, (_, i) => `${name}${i}`);
    for (const node of nodes) expect(node.heard).toEqual(names(node));
    expect([...effects].sort()).toEqual(nodes.flatMap(names).sort());
  });

  it('runs nothing of a process after its death, whether the last call took effect or not', async () => {
    const ends = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const { nodes, effects, scheduler } = await new Rig(seed, { crash: 0.1 }, ['a']).run();
      const [{ heard }] = nodes;
      const busy = await new Rig(seed, { crash: 0.1 }, ['a', 'b'], 3).run();
      for (const node of [nodes[0], ...busy.nodes]) {
        expect(node.heard).not.toContain('ran on after its death');
      }
      if (scheduler.crashes > 0) ends.add(effects.length > heard.length ? 'after' : 'before');
    }

    expect([...ends].sort()).toEqual(['after', 'before']);
  });

  it('does not do what was refused, and does once what it only failed to confirm', async () => {
    const refused = await new Rig(5, { outage: 1 }, ['a']).run();
    const unknown = await new Rig(5, { unknown: 1 }, ['a']).run();
    const late = await new Rig(5, { late: 1 }, ['a']).run();

    expect(refused.effects).toEqual([]);
    expect(unknown.effects).toHaveLength(CALLS);
    expect(new Set(late.effects).size).toBe(CALLS);
    expect(late.effects).toHaveLength(CALLS);
    for (const { nodes } of [refused, unknown, late]) {
      expect(nodes[0].heard.every((answer) => answer.endsWith('failed'))).toBe(true);
    }
  });
});
