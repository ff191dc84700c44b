import type { Generation, Preview, RelayCommand } from '../../relay/index.js';
import type { Asset } from '../../storage/index.js';
import { besideImage, besidePreview, eventType } from './image-events.mapper.js';

const REQUEST = {
  operation: 'generate',
  size: { width: 1536, height: 1024 },
  price: { quality: 'auto' },
  parameters: {},
} as unknown as RelayCommand['request'];

const preview = { mediaType: 'image/jpeg', index: () => 2 } as Preview;

describe('events', () => {
  it('are named by what was asked for', () => {
    expect(eventType(REQUEST, 'completed')).toBe('image_generation.completed');
    const edit = { ...REQUEST, operation: 'edit' as const };
    expect(eventType(edit, 'partial_image')).toBe('image_edit.partial_image');
  });

  it('of previews say what was asked and what the bytes are', () => {
    expect(besidePreview(REQUEST, preview)).toEqual({
      created_at: expect.any(Number),
      size: '1536x1024',
      quality: 'auto',
      background: 'auto',
      output_format: 'jpeg',
      partial_image_index: 2,
    });
    expect(besidePreview({ ...REQUEST, size: 'auto' }, preview).size).toBe('auto');
  });

  it.each([1, 2, 3, 7])('of %d images share out the usage to the last token', (count) => {
    const asset = { mediaType: 'image/webp', width: 800, height: 600 } as Asset;
    const generation = {
      request: REQUEST,
      images: Array.from({ length: count }, () => asset),
      usage: {
        inputTokens: 50,
        outputTokens: 200,
        totalTokens: 250,
        inputTextTokens: 39,
        inputImageTokens: 11,
      },
    } as unknown as Generation;
    const events = generation.images.map((each, at) => besideImage(generation, each, at));
    expect(events[0]).toMatchObject({ size: '800x600', output_format: 'webp' });
    const sum = (of: (usage: (typeof events)[0]['usage']) => number) =>
      events.reduce((all, { usage }) => all + of(usage), 0);
    expect([
      sum((usage) => usage.total_tokens),
      sum((usage) => usage.input_tokens),
      sum((usage) => usage.output_tokens),
      sum((usage) => usage.input_tokens_details.text_tokens),
      sum((usage) => usage.input_tokens_details.image_tokens),
    ]).toEqual([250, 50, 200, 39, 11]);
    for (const { usage } of events) {
      expect(usage.input_tokens + usage.output_tokens).toBe(usage.total_tokens);
      const { text_tokens: text, image_tokens: image } = usage.input_tokens_details;
      expect(text + image).toBe(usage.input_tokens);
    }
  });
});
