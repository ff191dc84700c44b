import type { ApiBodyOptions } from '@nestjs/swagger';

export const ASPECT_RATIOS = [
  'auto',
  '1:1',
  '16:9',
  '9:16',
  '4:3',
  '3:4',
  '3:2',
  '2:3',
  '5:4',
  '4:5',
  '2:1',
  '1:2',
  '21:9',
  '9:21',
] as const;
export const RESOLUTIONS = ['1k', '2k', '4k'] as const;
export const VISIBILITIES = ['public', 'private'] as const;
export type AspectRatio = (typeof ASPECT_RATIOS)[number];
export type Resolution = (typeof RESOLUTIONS)[number];
export type Visibility = (typeof VISIBILITIES)[number];

/** Code points. */
export const MAX_PROMPT = 10_000;
export const MAX_REFERENCES = 4;
/** Code points of one address. */
export const MAX_URL = 2048;

/** Body of a create request, every default filled in. */
export interface CreateTask {
  readonly prompt: string;
  /** Addresses of reference images, unchecked: they are strangers' words until egress read them. */
  readonly images: readonly string[];
  readonly aspect_ratio: AspectRatio;
  readonly resolution: Resolution;
  readonly visibility: Visibility;
}

const EXAMPLES = {
  textToImage: {
    summary: 'Text to image',
    value: {
      prompt: 'A simple red square app icon, flat vector style, no text',
      aspect_ratio: '1:1',
      resolution: '1k',
      visibility: 'public',
    },
  },
  imageReference: {
    summary: 'Image reference URL',
    value: {
      prompt: 'Turn this product reference into a cinematic social media poster.',
      images: ['https://example.com/reference.png'],
      aspect_ratio: '1:1',
      resolution: '1k',
      visibility: 'public',
    },
  },
};

/** As the document has it; written out because no class can say "and nothing else". */
export const CREATE_TASK_BODY: ApiBodyOptions = {
  required: true,
  description: 'At most 1 MiB of JSON; fields that are not named here are refused.',
  examples: EXAMPLES,
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['prompt'],
    properties: {
      prompt: { type: 'string', minLength: 1, maxLength: MAX_PROMPT, description: 'Not blank.' },
      images: {
        type: 'array',
        maxItems: MAX_REFERENCES,
        description: 'Public addresses of reference images: PNG, JPEG or WebP, at most 50 MiB.',
        items: { type: 'string', format: 'uri', maxLength: MAX_URL },
        default: [],
      },
      aspect_ratio: { type: 'string', enum: [...ASPECT_RATIOS], default: 'auto' },
      resolution: {
        type: 'string',
        enum: [...RESOLUTIONS],
        default: '1k',
        description:
          '1k costs 2 credits, 2k 4, 4k 6, unless the catalog says otherwise. 4k goes with ' +
          '16:9, 9:16, 2:1, 1:2, 21:9 and 9:21.',
      },
      visibility: {
        type: 'string',
        enum: [...VISIBILITIES],
        default: 'public',
        description: 'Pictures of test keys are private whatever is asked.',
      },
    },
  },
};
