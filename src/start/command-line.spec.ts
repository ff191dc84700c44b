import { readFileCommand } from './command-line.js';

const USAGE = 'npm run it -- FILE [--replace]';

const read = (...words: string[]) => readFileCommand(words, USAGE, ['replace']);

describe(readFileCommand.name, () => {
  it('tells file and flags apart, in any order', () => {
    expect(read('a.easel')).toEqual({ file: 'a.easel', flags: new Set() });
    expect(read('--replace', 'a b')).toEqual({ file: 'a b', flags: new Set(['replace']) });
    expect(read('a', '--replace')).toEqual({ file: 'a', flags: new Set(['replace']) });
  });

  it.each([
    ['no file', []],
    ['two files', ['a', 'b']],
    ['standard output for a file', ['-']],
    ['an unknown flag', ['a', '--force']],
    ['a flag with a value', ['a', '--replace=yes']],
  ])('answers %s with how it is used', (_name, words) => {
    expect(() => read(...words)).toThrow(`Usage: ${USAGE}`);
  });
});
