import type { Tool } from '@modelcontextprotocol/sdk/types.js';

type InputSchema = Tool['inputSchema'];
type OutputSchema = NonNullable<Tool['outputSchema']>;
type Properties = Record<string, object>;

/** Code points. No model takes more; how many each takes is the catalog's business. */
export const MAX_PROMPT = 100_000;
/** Code points of what only a catalog knows the values of. */
export const MAX_WORD = 100;
/** Code points of an address or id. */
export const MAX_ADDRESS = 2048;
/** Images of one edit; catalogs may have a lower limit. */
export const MAX_INPUTS = 16;

const word = (description: string) => ({ type: 'string', maxLength: MAX_WORD, description });
const address = { type: 'string', minLength: 1, maxLength: MAX_ADDRESS };

const SHARED: Properties = {
  prompt: { type: 'string', minLength: 1, maxLength: MAX_PROMPT, description: 'What to draw.' },
  model: { ...word('A name from list_models.'), default: 'gpt-image-2' },
  n: { type: 'integer', minimum: 1, default: 1, description: 'Pictures to make.' },
  size: word('WIDTHxHEIGHT in pixels, or auto. Not together with aspect_ratio.'),
  aspect_ratio: word('A shape like 16:9, from list_models.'),
  resolution: word(
    '1k, 2k or 4k. Without aspect_ratio the shape is auto or the squarest that is offered in it.',
  ),
  quality: word('From list_models.'),
  background: word('transparent, opaque or auto, where the model takes it.'),
  output_format: word('png, jpeg or webp, where the model takes it.'),
  max_credits: {
    type: 'number',
    minimum: 0,
    description: 'The most it may cost. A higher price is refused before anything is charged.',
  },
  idempotency_key: {
    type: 'string',
    minLength: 1,
    maxLength: 255,
    pattern: '^[\\x21-\\x7e]+$',
    description: 'A call repeated with the same key within 24 hours gives the same pictures once.',
  },
};

export const GENERATE_INPUT = input(SHARED, ['prompt']);

export const EDIT_INPUT = input(
  {
    ...SHARED,
    prompt: { ...SHARED.prompt, description: 'What is to become of the images.' },
    images: {
      type: 'array',
      minItems: 1,
      maxItems: MAX_INPUTS,
      items: address,
      description: 'Each the image_id of a picture made here, or a public https address.',
    },
    mask: { ...address, description: 'A PNG, transparent where the first image may change.' },
    input_fidelity: word('How closely to keep to the images, where the model takes it.'),
  },
  ['prompt', 'images'],
);

export const GET_IMAGE_INPUT = input(
  {
    id: {
      type: 'string',
      minLength: 1,
      maxLength: MAX_WORD,
      description: 'As generate_image or edit_image answered it. Without: the newest there is.',
    },
  },
  [],
);

export const NO_INPUT = input({}, []);

export const GENERATION_OUTPUT = output({
  id: { type: 'string', format: 'uuid', description: 'For get_image.' },
  status: { type: 'string', enum: ['pending', 'processing', 'succeeded', 'failed', 'canceled'] },
  model: { type: 'string' },
  created_at: { type: 'string', format: 'date-time' },
  credits: object({
    charged: { type: 'number', description: 'Once it has ended; else 0.' },
    held: { type: 'number', description: 'Set aside until it has ended; else 0.' },
  }),
  demo: { type: 'boolean', description: 'Drawn without a real upstream, at no cost.' },
  images: {
    type: 'array',
    description: 'Of a success, without those that were deleted.',
    items: object({
      image_id: { type: 'string', format: 'uuid', description: 'For edit_image.' },
      url: { type: 'string', format: 'uri', description: 'Needs no key.' },
      media_type: { type: 'string' },
      width: { type: 'integer' },
      height: { type: 'integer' },
      bytes: { type: 'integer' },
    }),
  },
  error: {
    anyOf: [
      object({ code: { type: 'string' }, message: { type: 'string' } }),
      { type: 'null', description: 'It did not fail.' },
    ],
  },
});

const texts = { type: 'array', items: { type: 'string' } };

export const MODELS_OUTPUT = output({
  models: {
    type: 'array',
    items: object({
      name: { type: 'string' },
      owned_by: { type: 'string' },
      available: { type: 'boolean', description: 'Whether an upstream serves it now.' },
      operations: { type: 'array', items: { type: 'string', enum: ['generate', 'edit'] } },
      sizes: texts,
      aspect_ratios: texts,
      qualities: texts,
      output_formats: texts,
      max_n: { type: 'integer' },
      max_input_images: { type: 'integer' },
      prices: {
        type: 'array',
        items: object({
          operation: { type: 'string', enum: ['generate', 'edit'] },
          quality: { type: 'string' },
          tier: { type: 'string', enum: ['1k', '2k', '4k'] },
          credits: { type: 'number', description: 'Per picture, as this account pays them.' },
        }),
      },
    }),
  },
});

export const BALANCE_OUTPUT = output({
  available: { type: 'number', description: 'Credits that can be spent now.' },
  held: { type: 'number', description: 'Credits set aside for pictures that are being made.' },
});

function input(properties: Properties, required: string[]): InputSchema {
  return { type: 'object', additionalProperties: false, required, properties };
}

function output(properties: Properties): OutputSchema {
  return object(properties);
}

/** Every property is always there, and no other. */
function object(properties: Properties) {
  const required = Object.keys(properties);
  return { type: 'object' as const, additionalProperties: false, required, properties };
}
