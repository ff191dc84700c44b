import type { Profile } from '../../api-keys/index.js';
import type { ResolveOptions } from '../../models/index.js';
import type { LenientFields, ResponseFormat } from '../../surface-kit/index.js';

/** Where two public APIs share the routes of `/v1` but not their defaults (design §6). */
export interface ProfileRules {
  readonly defaultModel: (fields: LenientFields) => string;
  readonly defaultSize?: string;
  readonly limits: Pick<ResolveOptions, 'promptMin' | 'promptMax' | 'countMax'>;
  readonly defaultFormat: (requestedModel: string) => ResponseFormat;
  /** The answer carries `aiimg_generation_id`. */
  readonly namesGeneration: boolean;
}

/** Parameters that gpt-image-1 has and dall-e-2 lacks. */
const ONLY_GPT_IMAGE = [
  'background',
  'moderation',
  'output_format',
  'output_compression',
  'partial_images',
  'input_fidelity',
  'image[]',
];

const OPENAI: ProfileRules = {
  defaultModel: () => 'gpt-image-2',
  limits: {},
  defaultFormat: formatOfModel,
  namesGeneration: false,
};

export const PROFILES: Readonly<Record<Profile, ProfileRules>> = {
  openai: OPENAI,
  aiai: {
    ...OPENAI,
    defaultModel: (fields) =>
      ONLY_GPT_IMAGE.some((name) => fields.has(name)) ? 'gpt-image-1' : 'dall-e-2',
  },
  aiimg: {
    defaultModel: () => 'gpt-image-2',
    defaultSize: '1024x1024',
    limits: { promptMin: 2, promptMax: 4000, countMax: 4 },
    defaultFormat: () => 'url',
    namesGeneration: true,
  },
};

/** OpenAI's clients take base64 from these models and a link from all others (contracts §5.6). */
function formatOfModel(requestedModel: string): ResponseFormat {
  return /^(?:openai[:/])?(?:gpt|chatgpt)-image-/.test(requestedModel) ? 'b64_json' : 'url';
}
