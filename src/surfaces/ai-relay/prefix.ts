/** Below this every answer is this surface's, failures included: an envelope … */
export const PREFIX = '/api/ai';
/** … but for these, which are OpenAI's. */
export const NATIVE_PREFIX = '/api/ai/images';
/** Kept with every generation made here. */
export const SURFACE = 'ai-relay';
