import { DatabaseUnavailableError } from '../database/index.js';
import { GroupCommit } from './group-commit.js';

interface Call {
  readonly items: readonly string[];
  readonly wait: boolean;
  readonly answer: (answers: readonly (string | null)[]) => void;
  readonly fail: (error: Error) => void;
}

/** Items are written `account:what`; each call is answered by the test. */
function rig() {
  const calls: Call[] = [];
  const group = new GroupCommit<string, string>(
    (items, wait) =>
      new Promise((answer, fail) => {
        calls.push({ items, wait, answer, fail });
      }),
    (item) => item.split(':')[0],
  );
  const asked = (...items: string[]) =>
    items.map((item) => group.run(item).catch((error: Error) => error.message));
  return { calls, group, asked };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('GroupCommit', () => {
  it('asks once for all of one turn, and once for all that came meanwhile', async () => {
    const { calls, asked } = rig();
    const first = asked('a:1', 'b:1', 'a:2');
    await turn();
    const second = asked('c:1', 'a:3');
    await turn();
    expect(calls.map(({ items, wait }) => [items, wait])).toEqual([[['a:1', 'b:1', 'a:2'], false]]);

    calls[0].answer(['one', 'two', 'three']);
    expect(await Promise.all(first)).toEqual(['one', 'two', 'three']);
    await turn();
    expect(calls[1].items).toEqual(['c:1', 'a:3']);
    calls[1].answer(['four', 'five']);
    expect(await Promise.all(second)).toEqual(['four', 'five']);
  });

  it('asks alone, and waiting, for an account that is held elsewhere; the others go on', async () => {
    const { calls, asked } = rig();
    const [held, free] = asked('held:1', 'free:1');
    await turn();
    calls[0].answer([null, 'ok']);
    expect(await free).toBe('ok');
    await turn();
    const [heldToo, next] = asked('held:2', 'free:2');
    await turn();

    expect(calls.slice(1).map(({ items, wait }) => [items, wait])).toEqual([
      [['held:1'], true],
      [['free:2'], false],
    ]);
    calls[2].answer(['ok too']);
    expect(await next).toBe('ok too');
    calls[1].answer(['at last']);
    expect(await held).toBe('at last');
    await turn();
    expect(calls[3]).toMatchObject({ items: ['held:2'], wait: true });
    calls[3].answer(['then this']);
    expect(await heldToo).toBe('then this');

    const [again] = asked('held:3');
    await turn();
    expect(calls[4]).toMatchObject({ items: ['held:3'], wait: false });
    calls[4].answer(['shared again']);
    expect(await again).toBe('shared again');
  });

  it('repeats a call that one item broke in halves, and only that one fails', async () => {
    const { calls, asked } = rig();
    const answers = asked('a:1', 'b:bad', 'c:1', 'd:1');
    const broken = new Error('violates a constraint');
    const expected = [
      ['a:1', 'b:bad', 'c:1', 'd:1'],
      ['a:1', 'b:bad'],
      ['a:1'],
      ['b:bad'],
      ['c:1', 'd:1'],
    ];
    for (const [at, items] of expected.entries()) {
      await turn();
      expect(calls[at]).toMatchObject({ items, wait: false });
      if (items.includes('b:bad')) calls[at].fail(broken);
      else calls[at].answer(items);
    }
    expect(await Promise.all(answers)).toEqual(['a:1', broken.message, 'c:1', 'd:1']);
    expect(calls).toHaveLength(expected.length);
  });

  it('tells all that shared a call of an outage, and all behind it that they were not asked', async () => {
    const { calls, group } = rig();
    const [first, second] = [group.run('a:1'), group.run('b:1')];
    await turn();
    const behind = group.run('c:1');
    await turn();
    const outage = new DatabaseUnavailableError(new Error('Connection terminated'));
    calls[0].fail(outage);

    await expect(first).rejects.toBe(outage);
    await expect(second).rejects.toBe(outage);
    await expect(behind).rejects.toMatchObject({ code: 'database_unavailable', mayHaveRun: false });
    await turn();
    expect(calls).toHaveLength(1);
    const next = group.run('c:1');
    await turn();
    calls[1].answer(['back']);
    expect(await next).toBe('back');
  });

  it('takes at most 128 at once', async () => {
    const { calls, asked } = rig();
    const answers = asked(...Array.from({ length: 130 }, (_, at) => `a:${at}`));
    await turn();
    expect(calls[0].items).toHaveLength(128);
    calls[0].answer(calls[0].items);
    await turn();
    expect(calls[1].items).toEqual(['a:128', 'a:129']);
    calls[1].answer(calls[1].items);
    expect((await Promise.all(answers))[129]).toBe('a:129');
  });
});
