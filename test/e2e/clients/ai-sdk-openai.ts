import { createOpenAI } from '@ai-sdk/openai';
import { APICallError, generateImage } from 'ai';
import type { Bench } from './bench.js';
import {
  type Client,
  type ClientCase,
  HERE,
  onePicture,
  PROMPT,
  SQUARE,
  UPSTREAM,
} from './client-case.js';
import { fetchOfThisRealm, filesOf, retriesOf } from './ai-sdk.js';

const modelAt = (baseURL: string, apiKey: string, name: string = UPSTREAM.model) =>
  createOpenAI({ baseURL, apiKey, fetch: fetchOfThisRealm }).image(name);

const modelOf = ({ baseUrl, secret }: Bench, name?: string) => modelAt(baseUrl, secret, name);

const generate = [UPSTREAM, HERE].flatMap((by): ClientCase[] => [
  {
    ...onePicture(by),
    feature: 'b64',
    how: by.model,
    run: async (bench) => {
      const model = modelOf(bench, by.model);
      return filesOf(await generateImage({ model, prompt: PROMPT, size: SQUARE }));
    },
  },
  {
    pictures: [SQUARE, SQUARE],
    charge: 2 * by.charge,
    calls: by.calls,
    feature: 'several',
    how: by.model,
    run: async (bench) => {
      const model = modelOf(bench, by.model);
      return filesOf(await generateImage({ model, prompt: PROMPT, size: SQUARE, n: 2 }));
    },
  },
]);

const options: ClientCase = {
  ...onePicture(UPSTREAM),
  feature: 'b64',
  how: 'with every option of its own',
  run: async (bench) => {
    const result = await generateImage({
      model: modelOf(bench),
      prompt: PROMPT,
      size: SQUARE,
      providerOptions: {
        openai: { quality: 'high', background: 'opaque', outputFormat: 'jpeg', moderation: 'low' },
      },
    });
    expect(result.images.map(({ mediaType }) => mediaType)).toEqual(['image/jpeg']);
    expect(result.usage.totalTokens).toBeGreaterThan(0);
    expect(bench.stub.calls[0].body).toMatchObject({ quality: 'high', moderation: 'low' });
    return filesOf(result);
  },
};

const edit = (
  [
    ['edit-one', ({ png }) => ({ images: [png] })],
    ['edit-several', ({ png, jpeg }) => ({ images: [png, jpeg] })],
    ['mask', ({ png, mask }) => ({ images: [png], mask })],
  ] satisfies [ClientCase['feature'], (files: Bench['files']) => object][]
).map(([feature, pick]): ClientCase => ({
  ...onePicture(UPSTREAM),
  feature,
  how: UPSTREAM.model,
  run: async (bench) => {
    const { images, mask } = pick(bench.files) as { images: Buffer[]; mask?: Buffer };
    const prompt = { text: PROMPT, images, mask };
    const result = await generateImage({ model: modelOf(bench), prompt, size: SQUARE });
    expect(bench.stub.calls[0].parts).toHaveLength(images.length + (mask ? 1 : 0));
    return filesOf(result);
  },
}));

const errors: ClientCase = {
  pictures: [],
  charge: 0,
  calls: 0,
  feature: 'errors',
  how: 'tells the message, and does not retry what cannot succeed',
  run: async (bench) => {
    const asked = generateImage({ model: modelOf(bench), prompt: PROMPT, size: '7x7' });
    const error = await asked.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(APICallError);
    expect(error).toMatchObject({
      statusCode: 400,
      isRetryable: false,
      message: expect.stringContaining('Nearest'),
    });
    return [];
  },
};

export const aiSdkOpenai: Client = {
  name: 'Vercel AI SDK, openai',
  package: '@ai-sdk/openai',
  notOffered: ['models', 'url', 'stream-generate', 'stream-edit'],
  cases: [...generate, options, ...edit, errors, ...retriesOf(modelAt)],
};
