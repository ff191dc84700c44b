import {
  ASPECT_RATIOS,
  MODEL_IDS,
  PAGE_LIMIT,
  PROMPT_MAX,
  PROVIDER_IDS,
  STYLE_MAX,
  THINKING_LEVELS,
  TRANSACTION_TYPES,
} from './vocabulary.js';

/**
 * The wire as JSON Schema (OpenAPI 3.1). Written out instead of decorated classes,
 * because those cannot say that a field is required and may be null.
 */
export type Schema = Readonly<Record<string, unknown>>;

const text = (more: Schema = {}): Schema => ({ type: 'string', ...more });
const count = (more: Schema = {}): Schema => ({ type: 'integer', minimum: 0, ...more });
const list = (items: Schema): Schema => ({ type: 'array', items });

/** Every property is always there. */
function answer(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', required: Object.keys(properties), properties };
}

export const GENERATE_IMAGE_REQUEST: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['prompt', 'modelId'],
  properties: {
    prompt: text({
      minLength: 1,
      maxLength: PROMPT_MAX,
      description: 'What to draw. Blanks alone are nothing.',
    }),
    modelId: text({ enum: MODEL_IDS }),
    aspectRatio: text({ enum: ASPECT_RATIOS, default: ASPECT_RATIOS[0] }),
    style: text({
      maxLength: STYLE_MAX,
      description: 'How to draw it, in words of your own; it is added to the prompt.',
    }),
    thinkingLevel: text({
      enum: THINKING_LEVELS,
      description:
        'Only for google:gemini-3.1-flash-image-preview and google:gemini-3-pro-image-preview.',
    }),
  },
};

const IMAGE_FIELDS: Readonly<Record<string, Schema>> = {
  id: text({ format: 'uuid' }),
  prompt: text({ description: 'Empty once the operator no longer keeps it.' }),
  modelId: text({ enum: MODEL_IDS }),
  providerId: text({ enum: PROVIDER_IDS }),
  aspectRatio: text({ enum: ASPECT_RATIOS }),
  style: { type: ['string', 'null'] },
  thinkingLevel: { type: ['string', 'null'], enum: [...THINKING_LEVELS, null] },
  mediaType: text({ examples: ['image/png'] }),
  creditCost: count({ description: 'Credits charged, rounded up.' }),
  createdAt: text({ format: 'date-time' }),
};

const IMAGE_METADATA = answer(IMAGE_FIELDS);
const IMAGE_WITH_BYTES = answer({
  ...IMAGE_FIELDS,
  b64_json: text({ contentEncoding: 'base64', description: 'The bytes of the image.' }),
});

export const GENERATE_IMAGE_RESPONSE = answer({
  image: IMAGE_WITH_BYTES,
  credits: answer({
    charged: count({ description: 'Rounded up.' }),
    remaining: count({ description: 'Rounded down.' }),
  }),
});
export const GET_IMAGE_RESPONSE = answer({ image: IMAGE_WITH_BYTES });
/** Else an answer with bytes would be one without as well. */
export const GET_IMAGE_METADATA_RESPONSE = answer({
  image: { ...IMAGE_METADATA, not: { required: ['b64_json'] } },
});

const PAGE_FIELDS: Readonly<Record<string, Schema>> = {
  total: count({ description: 'Of all pages.' }),
  limit: { type: 'integer', minimum: 1, maximum: PAGE_LIMIT.max },
  offset: count(),
};

export const LIST_IMAGES_RESPONSE = answer({ images: list(IMAGE_METADATA), ...PAGE_FIELDS });

export const ACCOUNT_RESPONSE = answer({
  userId: text(),
  email: text({ format: 'email' }),
  creditBalance: count({ description: 'What can be spent now, rounded down.' }),
});

export const LIST_USAGE_RESPONSE = answer({
  transactions: list(
    answer({
      id: text({ format: 'uuid' }),
      amount: { type: 'integer', description: 'Negative for a deduction.' },
      type: text({ enum: TRANSACTION_TYPES }),
      description: { type: ['string', 'null'] },
      referenceId: {
        type: ['string', 'null'],
        description: 'The id of the image; of a deduction and its refund the same.',
      },
      createdAt: text({ format: 'date-time' }),
    }),
  ),
  ...PAGE_FIELDS,
});

export const ERROR_RESPONSE = answer({
  error: answer({
    message: text({ description: 'For people.' }),
    details: list(
      answer({
        path: text({ description: 'The field at fault; empty when it is none.' }),
        message: text(),
        code: text({ description: 'For programs.', examples: ['invalid_value'] }),
      }),
    ),
  }),
});
