import OpenAI from 'openai';
import { decoded } from './answers.js';
import { type ClientCase, NOTHING, onePicture, PROMPT, UPSTREAM } from './client-case.js';

/** Of the OpenAI SDK with its defaults, and of whatever is built on it. */
export const SDK_RETRIES: readonly ClientCase[] = [
  {
    ...NOTHING,
    calls: 1,
    feature: 'retries',
    how: 'does not retry what failed at the upstream',
    run: async (bench) => {
      bench.stub.always('status-500');
      const client = new OpenAI({ baseURL: bench.baseUrl, apiKey: bench.secret });
      const failed = client.images.generate({ model: 'gpt-image-2', prompt: PROMPT });
      await expect(failed).rejects.toBeInstanceOf(OpenAI.InternalServerError);
      return [];
    },
  },
  {
    ...onePicture(UPSTREAM),
    feature: 'retries',
    how: 'retries a broken connection and gets the picture that was paid',
    run: async (bench) => {
      bench.stub.always('ok', { latencyMs: 500 });
      const baseURL = bench.brokenBaseUrl({ kind: 'reset-after', ms: 200 });
      const client = new OpenAI({ baseURL, apiKey: bench.secret });
      const { data = [] } = await client.images.generate({ model: 'gpt-image-2', prompt: PROMPT });
      return data.map(decoded);
    },
  },
];
