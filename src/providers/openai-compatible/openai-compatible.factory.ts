import type { DialGuard } from '../../egress/index.js';
import type { ImageProvider, ImageProviderFactory, ProviderSettings } from '../image-provider.js';
import { checkBaseUrl } from './endpoint.js';
import { OpenAiCompatibleProvider } from './openai-compatible.provider.js';
import { checkQuirks } from './quirks.js';

/** Printable ASCII without spaces: what can stand in a header. */
const API_KEY = /^[\x21-\x7e]+$/;

/** Kind `openai-compatible`: OpenAI, Azure, xAI, LocalAI, vLLM, SGLang, sd.cpp and other relays. */
export class OpenAiCompatibleFactory implements ImageProviderFactory {
  readonly kind = 'openai-compatible';

  /** The guard keeps a public name from leading into a private network. */
  constructor(private readonly guard: DialGuard) {}

  check(settings: ProviderSettings): readonly string[] {
    return [...checkBaseUrl(settings), ...checkApiKey(settings), ...checkQuirks(settings.quirks)];
  }

  /** Expects settings without problems. Dials nothing yet. */
  create(settings: ProviderSettings): ImageProvider {
    const { allowPrivateNetwork } = settings;
    return new OpenAiCompatibleProvider(settings, this.guard.connector({ allowPrivateNetwork }));
  }
}

/** A server on one's own network may do without a key. */
function checkApiKey({ apiKey, allowPrivateNetwork }: ProviderSettings): string[] {
  if (apiKey === null) return allowPrivateNetwork ? [] : ['the API key is missing'];
  return API_KEY.test(apiKey) ? [] : ['the API key holds characters that no header can carry'];
}
