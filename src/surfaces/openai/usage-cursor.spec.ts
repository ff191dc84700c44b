import { newId } from '../../common/ids.js';
import { readCursor, toCursor } from './usage-cursor.js';

const MOMENT = Date.UTC(2026, 10, 20, 12, 0, 0, 123);

describe('usage cursor', () => {
  it('comes back as the id it was made from', () => {
    const id = newId(MOMENT);
    expect(readCursor(toCursor(id))).toBe(id);
  });

  it.each([
    '2026-11-20T12:00:00.123Z',
    '2026-11-20T12:00:00.123456Z',
    '2026-11-20T13:00:00.123+01:00',
    '2026-11-20T13:00:00.123 01:00',
  ])('reads the date-time %s as everything made before it', (before) => {
    const bound = readCursor(before);
    expect(newId(MOMENT) >= bound).toBe(true);
    expect('019aa13d-0000-7000-8000-000000000000' < bound).toBe(true);
    expect(bound).toBe(readCursor('2026-11-20T12:00:00.123Z'));
  });

  it.each(['', 'yesterday', '12', '2026', '2026-13-45', '1969-01-01', 'x~y', '~', "1' or 1=1--"])(
    'refuses %j and names the field',
    (before) => {
      expect(() => readCursor(before)).toThrow(
        expect.objectContaining({
          code: 'invalid_value',
          facts: expect.objectContaining({ param: 'before' }),
        }) as Error,
      );
    },
  );
});
