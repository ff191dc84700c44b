import { describe, expect, it } from '@jest/globals';
import { Turns } from './turns.js';

const tick = () => new Promise((resolve) => setImmediate(resolve));

describe(Turns.name, () => {
  it('never runs more at once than it may, wave after wave, failures included', async () => {
    const turns = new Turns(2, 100);
    let running = 0;
    let most = 0;
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await tick();
      running -= 1;
      if (most % 2 === 0) throw new Error('failed');
    };

    for (let wave = 0; wave < 5; wave += 1) {
      await Promise.allSettled(Array.from({ length: 20 }, () => turns.run(work)));
    }

    expect(most).toBe(2);
    expect(running).toBe(0);
  });

  it('refuses who would wait beyond the limit, and serves the others in order', async () => {
    const turns = new Turns(1, 2);
    const served: number[] = [];

    const outcomes = await Promise.allSettled(
      [0, 1, 2, 3].map((i) => {
        return turns.run(async () => {
          await tick();
          served.push(i);
        });
      }),
    );

    expect(served).toEqual([0, 1, 2]);
    expect(outcomes[3]).toMatchObject({ reason: { code: 'rate_limit_exceeded' } });
  });
});
