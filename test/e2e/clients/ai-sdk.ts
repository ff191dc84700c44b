import { generateImage, type ImageModel } from 'ai';
import { type ClientCase, onePicture, PROMPT, SQUARE, UPSTREAM } from './client-case.js';

/** What the SDK made of the answer: files, decoded or downloaded by it. */
export function filesOf({ images }: { images: { uint8Array: Uint8Array }[] }): Buffer[] {
  return images.map(({ uint8Array }) => Buffer.from(uint8Array));
}

/**
 * Modules under Jest live in a realm of their own, where the `TypeError` of Node's `fetch` is a
 * stranger; the SDK knows a broken connection by that class.
 */
export const fetchOfThisRealm: typeof fetch = async (input, init) => {
  try {
    return await fetch(input, init);
  } catch (error) {
    const { name, message, cause } = error as Error;
    throw name === 'TypeError' ? new TypeError(message, { cause }) : error;
  }
};

/** With the SDK's own two retries. */
export function retriesOf(modelAt: (baseURL: string, apiKey: string) => ImageModel): ClientCase[] {
  return [
    {
      ...onePicture(UPSTREAM),
      calls: 2,
      feature: 'retries',
      how: 'asks again after a 502 whatever we say, and pays for the picture alone',
      run: async (bench) => {
        bench.stub.next('status-500');
        const model = modelAt(bench.baseUrl, bench.secret);
        return filesOf(await generateImage({ model, prompt: PROMPT, size: SQUARE }));
      },
    },
    {
      ...onePicture(UPSTREAM),
      feature: 'retries',
      how: 'retries a broken connection and gets the picture that was paid',
      run: async (bench) => {
        bench.stub.always('ok', { latencyMs: 500 });
        const baseURL = bench.brokenBaseUrl({ kind: 'reset-after', ms: 200 });
        const model = modelAt(baseURL, bench.secret);
        return filesOf(await generateImage({ model, prompt: PROMPT, size: SQUARE }));
      },
    },
  ];
}
