import type { JsonObject } from '../../common/strict-json.js';
import type { ImageParameters, ResolveOptions } from '../../models/index.js';
import { StrictFields } from '../../surface-kit/index.js';
import { withStyle } from './style.js';
import { ASPECT_RATIOS, MODEL_IDS, PROMPT_MAX, STYLE_MAX, THINKING_LEVELS } from './vocabulary.js';

/** A generate request in our words, not yet checked against the catalog. */
export interface GenerateImage {
  readonly parameters: ImageParameters;
  readonly options: ResolveOptions;
  readonly styleFrom?: number;
}

const OPTIONS: ResolveOptions = {
  strict: true,
  capTier: '1k',
  wireNames: {
    model: 'modelId',
    aspectRatio: 'aspectRatio',
    thinkingLevel: 'thinkingLevel',
  },
};

/** @throws DomainError `invalid_value` or `missing_required_parameter` with every field at fault */
export function readGenerateImage(body: JsonObject): GenerateImage {
  const fields = new StrictFields(body);
  const sentPrompt = fields.requiredText('prompt', { max: PROMPT_MAX });
  const model = fields.requiredChoice('modelId', MODEL_IDS);
  const aspectRatio = fields.choice('aspectRatio', ASPECT_RATIOS) ?? ASPECT_RATIOS[0];
  const style = fields.text('style', { max: STYLE_MAX });
  const thinkingLevel = fields.choice('thinkingLevel', THINKING_LEVELS);
  fields.refuseProblems();
  const { prompt, styleFrom } = withStyle(sentPrompt, style);
  return {
    parameters: { model, operation: 'generate', prompt, aspectRatio, thinkingLevel },
    options: OPTIONS,
    styleFrom,
  };
}
