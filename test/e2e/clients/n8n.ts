import { decoded, downloaded, imagesOf, messageOf } from './answers.js';
import type { Bench } from './bench.js';
import {
  type Client,
  type ClientCase,
  NOTHING,
  onePicture,
  PROMPT,
  SQUARE,
  UPSTREAM,
} from './client-case.js';
import { type Entry, formOf, jpeg, png } from './form.js';

const GPT_1 = { ...UPSTREAM, model: 'gpt-image-1' };
const DALL_E = { ...UPSTREAM, model: 'dall-e-3' };

const models: ClientCase = {
  ...NOTHING,
  feature: 'models',
  how: 'its picker has what is called dall-e or gpt-image',
  run: async ({ baseUrl, secret }) => {
    const headers = { authorization: `Bearer ${secret}` };
    const { data } = (await (await fetch(`${baseUrl}/models`, { headers })).json()) as {
      data: { id: string }[];
    };
    const picker = data.map(({ id }) => id).filter((id) => /dall-e|gpt-image/.test(id));
    expect(picker).toEqual(expect.arrayContaining(['gpt-image-2', 'gpt-image-1', 'dall-e-3']));
    return [];
  },
};

const generated = async (bench: Bench, body: object) =>
  imagesOf(await bench.postJson('/v1/images/generations', { prompt: PROMPT, ...body }));

const generate: ClientCase[] = [
  ...[UPSTREAM, GPT_1].map((by): ClientCase => ({
    ...onePicture(by),
    feature: 'b64',
    how: `${by.model}, which it asks for no format`,
    run: async (bench) => {
      const body = { model: by.model, quality: 'medium', size: SQUARE, n: 1 };
      return (await generated(bench, body)).map(decoded);
    },
  })),
  {
    ...onePicture(DALL_E),
    feature: 'b64',
    how: DALL_E.model,
    run: async (bench) => {
      const looks = { quality: 'standard', size: SQUARE, style: 'vivid' };
      const body = { model: DALL_E.model, ...looks, response_format: 'b64_json' };
      return (await generated(bench, body)).map(decoded);
    },
  },
  {
    ...onePicture(DALL_E),
    feature: 'url',
    how: `${DALL_E.model}, with "respond with image URL"`,
    run: async (bench) => {
      const body = { model: DALL_E.model, quality: 'hd', size: SQUARE, response_format: 'url' };
      return Promise.all((await generated(bench, body)).map(({ url }) => downloaded(url)));
    },
    charge: 4,
  },
  {
    pictures: [SQUARE, SQUARE],
    charge: 4,
    calls: 1,
    feature: 'several',
    how: UPSTREAM.model,
    run: async (bench) =>
      (await generated(bench, { model: UPSTREAM.model, n: 2, size: SQUARE })).map(decoded),
  },
];

const edit = (
  [
    ['edit-one', ({ png: file }) => [['image[]', png(file)]]],
    [
      'edit-several',
      (files) => [
        ['image[]', png(files.png)],
        ['image[]', jpeg(files.jpeg)],
      ],
    ],
    [
      'mask',
      (files) => [
        ['image[]', png(files.png)],
        ['mask', png(files.mask)],
      ],
    ],
  ] as [ClientCase['feature'], (files: Bench['files']) => Entry[]][]
).map(([feature, pick]): ClientCase => ({
  ...onePicture(UPSTREAM),
  feature,
  how: 'its scalars are text',
  run: async (bench) => {
    const entries: Entry[] = [
      ['model', UPSTREAM.model],
      ['prompt', PROMPT],
      ...pick(bench.files),
      ['n', '1'],
      ['size', SQUARE],
      ['quality', 'auto'],
      ['output_format', 'png'],
      ['output_compression', '100'],
      ['background', 'auto'],
      ['input_fidelity', 'low'],
    ];
    const answer = await bench.post('/v1/images/edits', { body: formOf(entries) });
    return (await imagesOf(answer)).map(decoded);
  },
}));

const errors: ClientCase = {
  ...NOTHING,
  feature: 'errors',
  how: 'the message is what it shows',
  run: async (bench) => {
    const body = { model: 'dall-e-3', prompt: PROMPT, size: SQUARE, quality: 'superb' };
    expect(await messageOf(await bench.postJson('/v1/images/generations', body))).toEqual({
      status: 400,
      message: expect.stringContaining('standard, hd'),
    });
    return [];
  },
};

export const n8n: Client = {
  name: 'n8n OpenAI node',
  package: null,
  notOffered: ['stream-generate', 'stream-edit', 'retries'],
  cases: [models, ...generate, ...edit, errors],
};
