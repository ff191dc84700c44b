import { type AnsweredImage, imagesOf, linkFirst, messageOf } from './answers.js';
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
import { type Entry, formOf, jpeg, png } from './form.js';

/** With `ENABLE_FORWARD_USER_INFO_HEADERS`. */
const USER_HEADERS = {
  'x-openwebui-user-name': 'Ada',
  'x-openwebui-user-id': '7f0c',
  'x-openwebui-user-email': 'ada@example.com',
  'x-openwebui-user-role': 'user',
};

/** It takes the link where there is one, and asks for it with the API key. */
function shown(bench: Bench, images: readonly AnsweredImage[]): Promise<Buffer[]> {
  const headers = { authorization: `Bearer ${bench.secret}` };
  return Promise.all(images.map((image) => linkFirst(image, headers)));
}

async function generated(
  bench: Bench,
  sent: { readonly model: string; readonly n: number; readonly size: string },
  path = '/v1/images/generations',
): Promise<Buffer[]> {
  // Left out for what it takes for a GPT image model.
  const format = /^gpt-image/.test(sent.model) ? {} : { response_format: 'b64_json' };
  const body = { model: sent.model, prompt: PROMPT, n: sent.n, size: sent.size, ...format };
  return shown(bench, await imagesOf(await bench.postJson(path, body, USER_HEADERS)));
}

const generate = [UPSTREAM, HERE].flatMap((by): ClientCase[] => [
  {
    ...onePicture(by),
    feature: 'b64',
    how: by.model,
    run: (bench) => generated(bench, { model: by.model, n: 1, size: SQUARE }),
  },
  {
    pictures: [SQUARE, SQUARE],
    charge: 2 * by.charge,
    calls: by.calls,
    feature: 'several',
    how: by.model,
    run: (bench) => generated(bench, { model: by.model, n: 2, size: SQUARE }),
  },
]);

const paths = [
  '/v1//images/generations',
  '/v1/images/generations?api-version=2025-04-01-preview',
].map((path): ClientCase => ({
  ...onePicture(UPSTREAM),
  feature: 'b64',
  how: `size auto at ${path}`,
  run: (bench) => generated(bench, { model: 'gpt-image-2', n: 1, size: 'auto' }, path),
}));

/** With a key whose profile answers links. */
const link: ClientCase = {
  ...onePicture(UPSTREAM),
  feature: 'url',
  how: 'the link is taken and asked for with the API key',
  run: async (bench) => {
    const path = '/aiimg/v1/images/generations';
    const body = { model: 'gpt-image-2', prompt: PROMPT, n: 1, size: SQUARE };
    const images = await imagesOf(await bench.postJson(path, body, USER_HEADERS));
    expect(images).toEqual([{ url: expect.any(String) }]);
    return shown(bench, images);
  },
};

/** Every scalar is text; files have names of its making. */
async function edited(bench: Bench, model: string, files: readonly Entry[]): Promise<Buffer[]> {
  const entries: Entry[] = [
    ['model', model],
    ['prompt', PROMPT],
    ['n', '1'],
    ['size', SQUARE],
    ...(/^gpt-image/.test(model) ? [] : [['response_format', 'b64_json'] as const]),
    ...files,
  ];
  const answer = await bench.post('/v1/images/edits', {
    body: formOf(entries),
    headers: USER_HEADERS,
  });
  return shown(bench, await imagesOf(answer));
}

const edit = [UPSTREAM, HERE].flatMap((by): ClientCase[] => [
  {
    ...onePicture(by),
    feature: 'edit-one',
    how: `${by.model}, image`,
    run: (bench) =>
      edited(bench, by.model, [['image', png(bench.files.png, 'generated-image.png')]]),
  },
  {
    ...onePicture(by),
    feature: 'edit-several',
    how: `${by.model}, image[]`,
    run: (bench) =>
      edited(bench, by.model, [
        ['image[]', png(bench.files.png, 'generated-image.png')],
        ['image[]', jpeg(bench.files.jpeg, 'generated-image.jpg')],
      ]),
  },
]);

const errors: ClientCase = {
  ...NOTHING,
  feature: 'errors',
  how: 'the message is what it shows',
  run: async (bench) => {
    const body = { model: 'gpt-image-2', prompt: PROMPT, n: 1, size: '7x7' };
    const answer = await bench.postJson('/v1/images/generations', body, USER_HEADERS);
    expect(await messageOf(answer)).toEqual({
      status: 400,
      message: expect.stringContaining('Invalid size'),
    });
    return [];
  },
};

export const openWebUi: Client = {
  name: 'Open WebUI',
  package: null,
  notOffered: ['models', 'mask', 'stream-generate', 'stream-edit', 'retries'],
  cases: [...generate, ...paths, link, ...edit, errors],
};
