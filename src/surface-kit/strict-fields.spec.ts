import { DomainError } from '../common/domain-error.js';
import type { JsonObject } from '../common/strict-json.js';
import { StrictFields } from './strict-fields.js';

/** A form with a required and an optional field of each kind. */
function read(body: JsonObject) {
  const fields = new StrictFields(body);
  const form = {
    title: fields.requiredText('title', { max: 5 }),
    note: fields.text('note', { max: 5 }),
    shape: fields.requiredChoice('shape', ['round', 'square']),
    colour: fields.choice('colour', ['red', 'blue']),
    size: fields.number('size'),
    tags: 'tags' in body ? fields.requiredTexts('tags', { max: 5, maxItems: 2 }) : undefined,
  };
  fields.refuseProblems();
  return form;
}

function problemsOf(body: JsonObject): string[] {
  try {
    read(body);
  } catch (error) {
    const { facts, code } = error as DomainError;
    expect([facts.param, code]).toEqual([facts.problems?.[0].param, facts.problems?.[0].code]);
    return (facts.problems ?? []).map((problem) => `${problem.param} ${problem.code}`);
  }
  return [];
}

const SOUND = { title: 'tree', shape: 'round' };

describe(StrictFields.name, () => {
  it('reads what is sound, and leaves out what was not sent', () => {
    expect(read(SOUND)).toEqual({ ...SOUND, note: undefined, colour: undefined });
  });

  it('reads numbers and lists of texts', () => {
    expect(read({ ...SOUND, size: 1.5, tags: ['a', 'b'] })).toMatchObject({
      size: 1.5,
      tags: ['a', 'b'],
    });
  });

  it.each<[string, JsonObject, string[]]>([
    ['text that is none', { ...SOUND, title: 1 }, ['title invalid_value']],
    ['blanks for a required text', { ...SOUND, title: ' ' }, ['title missing_required_parameter']],
    ['null', { ...SOUND, note: null }, ['note invalid_value']],
    ['a number as text', { ...SOUND, note: 2 }, ['note invalid_value']],
    ['a choice outside', { ...SOUND, shape: 'flat' }, ['shape invalid_value']],
    ['a list of choices', { ...SOUND, colour: ['red'] }, ['colour invalid_value']],
    ['a number that is text', { ...SOUND, size: '1' }, ['size invalid_value']],
    ['a list that is none', { ...SOUND, tags: 'a' }, ['tags invalid_value']],
    ['an empty list', { ...SOUND, tags: [] }, ['tags invalid_value']],
    ['a list that is too long', { ...SOUND, tags: ['a', 'b', 'c'] }, ['tags invalid_value']],
    [
      'items of a list, each by its place',
      { ...SOUND, tags: [1, ' '] },
      ['tags[0] invalid_value', 'tags[1] missing_required_parameter'],
    ],
    ['an unknown field', { ...SOUND, Title: 'x' }, ['Title invalid_value']],
    ['a field of every object', { ...SOUND, toString: 'x' }, ['toString invalid_value']],
  ])('refuses %s', (_name, body, problems) => {
    expect(problemsOf(body)).toEqual(problems);
  });

  it('names everything that is wrong at once, each field once', () => {
    expect(problemsOf({ title: 'a title', colour: 'green', more: 1 })).toEqual([
      'title invalid_value',
      'shape missing_required_parameter',
      'colour invalid_value',
      'more invalid_value',
    ]);
  });

  it('counts characters, not the units JavaScript keeps them in', () => {
    expect(read({ ...SOUND, title: '🦊🦊🦊🦊🦊' }).title).toHaveLength(10);
    expect(problemsOf({ ...SOUND, title: 'aaaaaa' })).toEqual(['title invalid_value']);
  });

  it('names no more strange fields than somebody would read, and none as it was sent', () => {
    const strange = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`<b>${i}`, 1]));
    const problems = problemsOf({ ...SOUND, ...strange });
    expect(problems).toHaveLength(20);
    expect(problems[0]).toBe('?b?0 invalid_value');
  });
});
