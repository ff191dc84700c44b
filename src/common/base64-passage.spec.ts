import fc from 'fast-check';
import { Base64Passage } from './base64-passage.js';

/** Feeds copies, since pieces are handed on in place; `cuts` are their lengths, repeated. */
function pass(text: string, cuts: readonly number[]) {
  const passage = new Base64Passage((problem) => new Error(problem));
  const given: Buffer[] = [];
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = at + cuts[turn % cuts.length];
    given.push(passage.write(Buffer.from(bytes.subarray(at, end))) ?? Buffer.alloc(0));
    at = end;
  }
  given.push(passage.end() ?? Buffer.alloc(0));
  return given;
}

const cutsOf = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });

/** Ways in which upstreams write the same bytes. */
const spelling = fc.constantFrom<(base64: string) => string>(
  (base64) => base64,
  (base64) => base64.replaceAll('=', ''),
  (base64) => base64.replaceAll('/', '\\/'),
  (base64) => base64.replaceAll('+', '-').replaceAll('/', '_'),
  (base64) => `data:image/png;base64,${base64}`,
  (base64) => base64.replace(/.{20}/g, '$&\\n'),
  (base64) => base64.replace(/.{30}/g, '$& '),
  (base64) => base64.replace(/.$/, (last) => `\\u00${last.charCodeAt(0).toString(16)}`),
);

describe(Base64Passage.name, () => {
  it('gives plain base64 of the same bytes, however they are written and cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), spelling, cutsOf, (file, spelt, cuts) => {
        const base64 = Buffer.from(file).toString('base64');
        expect(Buffer.concat(pass(spelt(base64), cuts)).toString()).toBe(base64);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives whole groups only, so that a text that breaks off can be read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), cutsOf, (file, cuts) => {
        const base64 = Buffer.from(file).toString('base64');
        for (const piece of pass(base64, cuts)) expect(piece.length % 4).toBe(0);
      }),
    );
  });

  it('hands plain text on in the memory it came in', () => {
    const passage = new Base64Passage((problem) => new Error(problem));
    const pieces = ['A'.repeat(201), 'B'.repeat(200), 'C'.repeat(203)].map((text) =>
      Buffer.from(text),
    );
    const given = pieces.map((piece) => passage.write(piece));
    expect(given.slice(0, 2).map((piece) => piece?.buffer)).toEqual(
      pieces.slice(0, 2).map(({ buffer }) => buffer),
    );
    expect(Buffer.concat(given.map((piece) => piece ?? Buffer.alloc(0))).toString()).toBe(
      'A'.repeat(201) + 'B'.repeat(200) + 'C'.repeat(203),
    );
  });

  it.each([
    ['another character', (base64: string) => base64.replace(/.{5}$/, '!$&')],
    ['a character that is none', (base64: string) => `${base64.slice(0, 200)}\u0000`],
    ['a quote', (base64: string) => base64.replace(/.$/, '"')],
    ['a bracket far inside', (base64: string) => base64.replace(/^.{70}/, '$&<')],
    ['padding in the middle', (base64: string) => base64.replace(/^.{70}/, '$&=')],
    ['one character too many', (base64: string) => `${base64}A`],
    ['data: in the middle', (base64: string) => `${base64}data:image/png;base64,${base64}`],
    ['half an escape', (base64: string) => `${base64}\\u00`],
  ])('refuses %s, wherever it is cut', (_, spoil) => {
    const text = spoil(Buffer.alloc(300, 'xyz').toString('base64'));
    for (const cut of [1, 3, 16, 61, 199, 65_536]) {
      expect(() => pass(text, [cut])).toThrow(/base64|escape/);
    }
  });

  it('reads pieces longer than one look', () => {
    const base64 = Buffer.alloc(300_000, 'xyz').toString('base64');
    expect(Buffer.concat(pass(base64, [150_001])).toString()).toBe(base64);
    for (const at of [0, 65_535, 65_536, 149_999, 150_000]) {
      const spoilt = `${base64.slice(0, at)}!${base64.slice(at + 1)}`;
      expect(() => pass(spoilt, [150_001])).toThrow('base64');
    }
  });
});
