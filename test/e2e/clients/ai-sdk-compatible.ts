import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateImage } from 'ai';
import { fetchOfThisRealm, filesOf, retriesOf } from './ai-sdk.js';
import type { Bench } from './bench.js';
import {
  type Client,
  type ClientCase,
  HERE,
  NOTHING,
  onePicture,
  PROMPT,
  SQUARE,
  UPSTREAM,
} from './client-case.js';

const modelAt = (baseURL: string, apiKey: string, name: string = UPSTREAM.model) =>
  createOpenAICompatible({ name: 'easel', baseURL, apiKey, fetch: fetchOfThisRealm }).imageModel(
    name,
  );

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
    pictures: [SQUARE, SQUARE, SQUARE],
    charge: 3 * by.charge,
    calls: by.calls,
    feature: 'several',
    how: by.model,
    run: async (bench) => {
      const model = modelOf(bench, by.model);
      return filesOf(await generateImage({ model, prompt: PROMPT, size: SQUARE, n: 3 }));
    },
  },
]);

const options: ClientCase = {
  ...onePicture(UPSTREAM),
  feature: 'b64',
  how: 'with options of ours that it does not know',
  run: async (bench) => {
    const result = await generateImage({
      model: modelOf(bench),
      prompt: PROMPT,
      providerOptions: { easel: { aspect_ratio: '1:1', quality: 'high', output_format: 'webp' } },
    });
    expect(result.images.map(({ mediaType }) => mediaType)).toEqual(['image/webp']);
    expect(bench.stub.calls[0].body).toMatchObject({ quality: 'high', size: SQUARE });
    return filesOf(result);
  },
};

const edit = [UPSTREAM, HERE].flatMap((by) =>
  (
    [
      ['edit-one', ({ png }) => ({ images: [png] })],
      ['edit-several', ({ png, jpeg }) => ({ images: [png, jpeg] })],
      ['mask', ({ png, mask }) => ({ images: [png], mask })],
    ] satisfies [ClientCase['feature'], (files: Bench['files']) => object][]
  ).map(([feature, pick]): ClientCase => ({
    ...onePicture(by),
    feature,
    how: by === HERE ? `${by.model}, by the link in the answer` : by.model,
    run: async (bench) => {
      const { images, mask } = pick(bench.files) as { images: Buffer[]; mask?: Buffer };
      const prompt = { text: PROMPT, images, mask };
      const model = modelOf(bench, by.model);
      return filesOf(await generateImage({ model, prompt, size: SQUARE }));
    },
  })),
);

const errors: ClientCase = {
  ...NOTHING,
  feature: 'errors',
  how: 'tells the message, and does not retry what cannot succeed',
  run: async (bench) => {
    const asked = generateImage({ model: modelOf(bench, 'no-such-model'), prompt: PROMPT });
    const error = await asked.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(APICallError);
    expect(error).toMatchObject({
      statusCode: 404,
      isRetryable: false,
      message: expect.stringContaining('does not exist'),
    });
    return [];
  },
};

export const aiSdkCompatible: Client = {
  name: 'Vercel AI SDK, openai-compatible',
  package: '@ai-sdk/openai-compatible',
  notOffered: ['models', 'url', 'stream-generate', 'stream-edit'],
  cases: [...generate, options, ...edit, errors, ...retriesOf(modelAt)],
};
