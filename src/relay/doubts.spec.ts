import { Doubts } from './doubts.js';

describe('doubts about answers', () => {
  const body = (name: string) => ({ apiKeyId: 'key', fingerprint: Buffer.from(name) });
  const doubt = (delivery: number) => ({ id: `generation ${delivery}`, delivery });

  it('are settled one by one, the oldest first, for equal requests of the same key only', () => {
    const doubts = new Doubts();
    doubts.add(body('a'), doubt(1));
    doubts.add(body('a'), doubt(2));
    doubts.add(body('b'), doubt(3));
    expect(doubts.take({ apiKeyId: 'other', fingerprint: Buffer.from('a') })).toBeNull();
    const taken = [1, 2, 3].map(() => doubts.take(body('a'))?.delivery);
    expect(taken).toEqual([1, 2, undefined]);
    expect(doubts.take(body('b'))?.id).toBe('generation 3');
  });

  it('are forgotten after half a minute, and never more than ten thousand', () => {
    let now = 0;
    const doubts = new Doubts(() => now);
    doubts.add(body('old'), doubt(1));
    now = 30_001;
    expect(doubts.take(body('old'))).toBeNull();
    for (let i = 0; i < 10_001; i += 1) doubts.add(body(`many ${i}`), doubt(i));
    expect(doubts.take(body('many 9999'))).not.toBeNull();
    expect(doubts.take(body('many 10000'))).toBeNull();
  });
});
