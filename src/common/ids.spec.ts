import { firstIdAt, idTime, isId, newCapability, newId } from './ids.js';

describe(newId.name, () => {
  it('makes UUIDv7 of the moment, rising within one process', () => {
    const before = Date.now();
    const ids = Array.from({ length: 20_000 }, () => newId());

    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/.test(id))).toBe(true);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(idTime(ids[0])).toBeGreaterThanOrEqual(before);
  });

  it('does not fall back when the clock does', () => {
    const later = newId(Date.now() + 60_000);

    expect(newId() > later).toBe(true);
  });
});

describe(isId.name, () => {
  it.each([
    '',
    'abc',
    newId().toUpperCase(),
    `{${newId()}}`,
    `urn:uuid:${newId()}`,
    `${newId()}\n`,
    `${newId()}0`,
    "1' or 1=1--",
    null,
    7,
  ])('refuses %p', (value) => {
    expect(isId(value)).toBe(false);
  });
});

describe(firstIdAt.name, () => {
  it('is at or below every id of its moment and above those before', () => {
    const moment = Date.UTC(2030, 0, 1);

    expect(firstIdAt(moment) <= newId(moment)).toBe(true);
    expect(idTime(firstIdAt(moment))).toBe(moment);
    expect(firstIdAt(moment) > firstIdAt(moment - 1)).toBe(true);
  });
});

describe(newCapability.name, () => {
  it('is 128 bits in 22 URL-safe characters', () => {
    expect(newCapability()).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(newCapability()).not.toBe(newCapability());
  });
});
