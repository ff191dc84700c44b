import { DomainError } from '../common/domain-error.js';
import type { JsonObject } from '../common/strict-json.js';
import { LenientFields } from './fields.js';

const fields = (body: JsonObject): LenientFields => new LenientFields(body);

function refusal(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error instanceof DomainError ? [error.code, error.facts.param] : error;
  }
}

describe('LenientFields', () => {
  it.each([
    [2, 2],
    ['2', 2],
    [' 2 ', 2],
    [2.0, 2],
    [-1, -1],
    [null, undefined],
    [1.5, 1.5],
  ])('reads %j as the number %j', (sent, read) => {
    expect(fields({ n: sent }).number('n')).toBe(read);
  });

  it.each(['1.5', '', '0x2', '1e3', 'two', true, [1], {}, '99999999999999999999'])(
    'reads %j as no number, for the catalog to say what there is',
    (sent) => expect(fields({ n: sent }).number('n')).toBeNaN(),
  );

  it.each([
    [1024, '1024'],
    [false, 'false'],
    ['', undefined],
  ])('hands %j on as the word %j, for the catalog to say what there is', (sent, read) => {
    expect(fields({ size: sent }).word('size')).toBe(read);
  });

  it.each([[['1024x1024']], [{}]])('refuses %j as a word and names the field', (sent) => {
    expect(refusal(() => fields({ size: sent }).word('size'))).toEqual(['invalid_value', 'size']);
  });

  it.each([
    [true, true],
    ['true', true],
    ['TRUE', true],
    [1, true],
    ['false', false],
    ['0', false],
    [null, undefined],
  ])('reads %j as the flag %j', (sent, read) => {
    expect(fields({ stream: sent }).flag('stream')).toBe(read);
  });

  it.each(['yes', '', 2, [], {}])('refuses %j as a flag', (sent) => {
    expect(refusal(() => fields({ stream: sent }).flag('stream'))).toEqual([
      'invalid_value',
      'stream',
    ]);
  });

  it('takes empty optional text for absent, but not a required one', () => {
    expect(fields({ size: '' }).word('size')).toBeUndefined();
    expect(fields({ prompt: '' }).requiredText('prompt')).toBe('');
  });

  it('says that a required field is missing when it is null or not there', () => {
    const missing = ['missing_required_parameter', 'prompt'];
    expect(refusal(() => fields({}).requiredText('prompt'))).toEqual(missing);
    expect(refusal(() => fields({ prompt: null }).requiredText('prompt'))).toEqual(missing);
  });

  it('lists what is accepted when a choice is not', () => {
    expect(() => fields({ format: 'jpg' }).choice('format', ['url', 'b64_json'])).toThrow(
      /Accepted: url, b64_json/,
    );
  });

  it('names the fields nobody read, in the order sent', () => {
    const body = fields({ seed: 1, prompt: 'a', steps: 2 });
    body.text('prompt');
    body.text('model');
    expect(body.unread()).toEqual(['seed', 'steps']);
  });

  it('takes inherited names for absent', () => {
    expect(fields({}).has('toString')).toBe(false);
    expect(fields({}).text('hasOwnProperty')).toBeUndefined();
  });
});
