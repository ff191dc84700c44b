import type { ImageProvider, ImageProviderFactory, ProviderSettings } from '../image-provider.js';
import { checkBaseUrl } from './endpoint.js';
import { OpenAiCompatibleProvider } from './openai-compatible.provider.js';
import { checkQuirks } from './quirks.js';

/** Printable ASCII without spaces: what can stand in a header. */
const API_KEY = /^[\x21-\x7e]+$/;

/** Kind `openai-compatible`: OpenAI, Azure, xAI, LocalAI, vLLM, SGLang, sd.cpp and other relays. */
export class OpenAiCompatibleFactory implements ImageProviderFactory {
  readonly kind = 'openai-compatible';

  check(settings: ProviderSettings): readonly string[] {
    return [...checkBaseUrl(settings), ...checkApiKey(settings), ...checkQuirks(settings.quirks)];
  }

  /** Expects settings without problems. Dials nothing yet. */
  create(settings: ProviderSettings): ImageProvider {
    return new OpenAiCompatibleProvider(settings);
  }
}

/** A server on one's own network may do without a key. */
function checkApiKey({ apiKey, allowPrivateNetwork }: ProviderSettings): string[] {
  if (apiKey === null) return allowPrivateNetwork ? [] : ['the API key is missing'];
  return API_KEY.test(apiKey) ? [] : ['the API key holds characters that no header can carry'];
}
