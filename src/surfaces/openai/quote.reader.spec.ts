import type { JsonObject } from '../../common/strict-json.js';
import { PROFILES } from './profile.js';
import { readQuote } from './quote.reader.js';

const read = (more: JsonObject) => readQuote({ prompt: 'a', ...more }, PROFILES.openai);

describe(readQuote.name, () => {
  it.each<[JsonObject]>([[{}], [{ images: null, image: null, mask: null, input_fidelity: null }]])(
    'takes %j for a create request',
    (more) => {
      expect(read(more).parameters.operation).toBe('generate');
    },
  );

  it.each<[JsonObject, number]>([
    [{ operation: 'edit' }, 1],
    [{ images: 3 }, 3],
    [{ images: '3' }, 3],
    [{ images: [{}, {}] }, 2],
    [{ image: 'data:image/png;base64,AA==' }, 1],
    [{ image: ['a', 'b'] }, 2],
    [{ images: null, image: ['a', 'b'] }, 2],
    [{ mask: true }, 1],
    [{ input_fidelity: 'high' }, 1],
  ])('counts the pictures of %j', (more, inputImages) => {
    expect(read(more).parameters).toMatchObject({ operation: 'edit', inputImages });
  });

  it.each<[JsonObject, string]>([
    [{ images: 0 }, 'images'],
    [{ images: 'two' }, 'images'],
    [{ images: true }, 'images'],
    [{ images: {} }, 'images'],
    [{ images: 1.5 }, 'images'],
    [{ image: 0 }, 'image'],
  ])('refuses %j by the name it was sent under', (more, param) => {
    expect(() => read(more)).toThrow(expect.objectContaining({ facts: { param } }) as Error);
  });

  it('has a number beyond the model refused by the name it was sent under', () => {
    expect(read({ images: 17 }).options.wireNames).toMatchObject({ inputImages: 'images' });
    expect(read({ image: 17 }).options.wireNames).toMatchObject({ inputImages: 'image' });
  });
});
