import { preferenceOf } from './preference.js';

describe('Prefer', () => {
  const LONGEST = 280;
  const read = (prefer?: string | string[]) =>
    preferenceOf({ headers: { prefer: prefer } }, LONGEST);
  const none = { waitSeconds: null, async: false, applied: null };
  const waits = (seconds: number) => ({
    waitSeconds: seconds,
    async: false,
    applied: `wait=${seconds}`,
  });

  it.each([
    ['without the header', undefined, none],
    ['by id at once', 'respond-async', { waitSeconds: 0, async: true, applied: 'respond-async' }],
    ['a while', 'wait=10', waits(10)],
    ['a while, quoted and spaced', ' WAIT = "10" ', waits(10)],
    ['a while, then by id', 'respond-async, wait=10', waits(10)],
    ['no while at all', 'wait=0', waits(0)],
    ['no longer than the server', 'wait=999999999', waits(LONGEST)],
    ['the first of two', 'wait=10, wait=20', waits(10)],
    ['two header lines', ['handling=lenient', 'wait=5'], waits(5)],
    ['parameters of a preference are not its value', 'wait=5; foo=bar', waits(5)],
    ['negative', 'wait=-1', none],
    ['no number', 'wait=soon', none],
    ['fractions', 'wait=1.5', none],
    ['unknown ones', 'return=minimal, handling=strict', none],
    ['nothing', '', none],
  ])('%s', (_name, sent, expected) => {
    expect(read(sent)).toEqual(expected);
  });

  it('looks at a bounded number of preferences', () => {
    expect(read(`${'x=1,'.repeat(100_000)}wait=5`)).toEqual(none);
  });
});
