import OpenAI, { toFile } from 'openai';
import { base64First } from './answers.js';
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
import { SDK_RETRIES } from './sdk-retries.js';

/** It uses the OpenAI SDK with its defaults. */
const clientOf = ({ baseUrl, secret }: Bench): OpenAI =>
  new OpenAI({ baseURL: baseUrl, apiKey: secret });

/** What its forms have, whatever the model: passed on as they are. */
const FORM = { seed: 42, steps: 30, cfg: 7.5, aspectRatio: '1:1' };

/** Base64 before a link, as it looks for them. */
async function shown(answer: OpenAI.Images.ImagesResponse): Promise<Buffer[]> {
  const images = answer.data ?? [];
  return Promise.all(images.map(base64First));
}

const generate = [UPSTREAM, HERE, { ...UPSTREAM, model: 'dall-e-3' }].map((by): ClientCase => {
  const dallE = by.model.includes('dall-e');
  return {
    ...onePicture(by),
    feature: by === HERE ? 'url' : 'b64',
    how: `${by.model}, with fields of its form that nobody knows`,
    run: async (bench) => {
      const format = dallE ? { response_format: 'b64_json' } : {};
      const body = { model: by.model, n: 1, prompt: PROMPT, size: SQUARE, ...format, ...FORM };
      return shown(
        await clientOf(bench).images.generate(body as OpenAI.ImageGenerateParamsNonStreaming),
      );
    },
  };
});

const edit = [UPSTREAM, HERE].flatMap((by) =>
  (
    [
      ['edit-one', ({ png }) => toFile(png, 'image.png', { type: 'image/png' })],
      [
        'edit-several',
        ({ png, jpeg }) =>
          Promise.all([
            toFile(png, 'image.png', { type: 'image/png' }),
            toFile(jpeg, 'image.jpg', { type: 'image/jpeg' }),
          ]),
      ],
    ] as [
      ClientCase['feature'],
      (files: Bench['files']) => Promise<OpenAI.ImageEditParams['image']>,
    ][]
  ).map(([feature, pick]): ClientCase => ({
    ...onePicture(by),
    feature,
    how: `${by.model}, with input_fidelity high`,
    run: async (bench) => {
      const answer = await clientOf(bench).images.edit({
        model: by.model,
        n: 1,
        prompt: PROMPT,
        size: SQUARE,
        input_fidelity: 'high',
        image: await pick(bench.files),
      });
      return shown(answer);
    },
  })),
);

const models: ClientCase = {
  ...NOTHING,
  feature: 'models',
  how: 'takes ids from the list',
  run: async (bench) => {
    const { data } = await clientOf(bench).models.list();
    expect(data.map(({ id }) => id)).toContain('gpt-image-2');
    return [];
  },
};

const errors: ClientCase = {
  ...NOTHING,
  feature: 'errors',
  how: 'knows a key that is none by its status',
  run: async (bench) => {
    const client = new OpenAI({ baseURL: bench.baseUrl, apiKey: 'sk-none' });
    const asked = client.images.generate({ model: 'gpt-image-2', n: 1, prompt: PROMPT });
    await expect(asked).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
    return [];
  },
};

export const lobeChat: Client = {
  name: 'LobeChat',
  package: null,
  notOffered: ['several', 'mask', 'stream-generate', 'stream-edit'],
  cases: [models, ...generate, ...edit, errors, ...SDK_RETRIES],
};
