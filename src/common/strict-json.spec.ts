import { cpuMsOf } from '../../test/support/cpu-time.js';
import fc from 'fast-check';
import { JsonProblem, parseStrictJson } from './strict-json.js';

function problemOf(text: string): { message: string; path: string } {
  try {
    parseStrictJson(text);
  } catch (error) {
    if (error instanceof JsonProblem) return { message: error.message, path: error.path };
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('parseStrictJson', () => {
  it('reads whatever JSON.stringify writes of an object', () => {
    const objects = fc
      .dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 5 }))
      .filter((value) => !/__proto__|constructor|\\u0000/.test(JSON.stringify(value)));
    fc.assert(
      fc.property(objects, fc.constantFrom(0, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it('accepts no text that JSON.parse refuses, and reads the others alike', () => {
    const pieces = '{|}|[|]|"|\\|,|:|a|1|0|-|.|e|+|true|null| |\\u00e9|"a"|"b":|//|\n|\ufeff'.split(
      '|',
    );
    const texts = fc
      .array(fc.constantFrom(...pieces), { maxLength: 14 })
      .map((parts) => `{${parts.join('')}}`);
    fc.assert(
      fc.property(texts, (text) => {
        let value: unknown;
        try {
          value = parseStrictJson(text);
        } catch (error) {
          if (error instanceof JsonProblem) return;
          throw error;
        }
        expect(value).toEqual(JSON.parse(text));
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['', 'The body is empty.'],
    [' \n', 'The body is empty.'],
    ['null', 'The body must be a JSON object.'],
    ['5', 'The body must be a JSON object.'],
    ['"x"', 'The body must be a JSON object.'],
    ['[]', 'The body must be a JSON object.'],
    ['{', 'The body is not valid JSON because it ends too early.'],
    ['{} {}', 'The body is not valid JSON at character 4.'],
    ['{"a":1,}', 'The body is not valid JSON at character 8.'],
    ['{"a":01}', 'The body is not valid JSON at character 6.'],
    ['{"a":"\n"}', 'The body is not valid JSON at character 9.'],
    ["{'a':1}", 'The body is not valid JSON at character 2.'],
    ['{"a":NaN}', 'The body is not valid JSON at character 6.'],
    ['\ufeff{}', 'The body is not valid JSON at character 1.'],
    ['{} // no', 'The body is not valid JSON at character 4.'],
  ])('refuses %j as a whole', (text, message) => {
    expect(problemOf(text)).toEqual({ message, path: '' });
  });

  it.each([
    ['{"n":1,"n":10}', 'n', /twice/],
    ['{"a":{"b":1,"\\u0062":2}}', 'a.b', /twice/],
    ['{"__proto__":{"x":1}}', '__proto__', /not allowed/],
    ['{"a":[{"constructor":{}}]}', 'a[0].constructor', /not allowed/],
    ['{"\\u005f_proto__":1}', '__proto__', /not allowed/],
    ['{"prompt":"a\\u0000b"}', 'prompt', /U\+0000/],
    ['{"a":["x","\\ud800"]}', 'a[1]', /surrogates/],
    ['{"a":{"\\udc00":1}}', 'a', /surrogates/],
    ['{"n":1e309}', 'n', /too large/],
  ])('refuses %j and says where', (text, path, message) => {
    const problem = problemOf(text);
    expect(problem.path).toBe(path);
    expect(problem.message).toMatch(message);
  });

  it('takes 20 levels and refuses the 21st, however deep the text goes on', () => {
    const nested = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
    expect(() => parseStrictJson(nested(20))).not.toThrow();
    expect(problemOf(nested(21)).message).toMatch(/more than 20 levels/);
    expect(problemOf('{"a":' + '['.repeat(1_000_000)).message).toMatch(/more than 20 levels/);
  });

  it('takes 10,000 members and refuses one more', () => {
    const keys = (count: number) =>
      `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(',')}}`;
    expect(Object.keys(parseStrictJson(keys(10_000)))).toHaveLength(10_000);
    expect(problemOf(keys(10_001)).message).toMatch(/more than 10000 members/);
  });

  it('keeps a long or odd key short in the path', () => {
    const long = 'k'.repeat(1_000_000);
    expect(problemOf(`{"${long}":1,"${long}":2}`).path).toHaveLength(121);
  });

  it('reads members named like those of every object', () => {
    const text = '{"toString":1,"hasOwnProperty":2,"then":3,"toJSON":4}';
    expect(parseStrictJson(text)).toEqual({ toString: 1, hasOwnProperty: 2, then: 3, toJSON: 4 });
  });

  it('reads a ten-megabyte string of backslashes in linear time', () => {
    const spent = cpuMsOf(() => {
      parseStrictJson(`{"a":"${'\\\\'.repeat(5_000_000)}"}`);
      problemOf(`{"a":"${'\\"'.repeat(200_000)}`);
    });
    expect(spent).toBeLessThan(15_000);
  });
});
