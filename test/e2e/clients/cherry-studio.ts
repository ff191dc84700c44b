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

interface ListedModel {
  readonly id: string;
  readonly supported_endpoint_types?: readonly string[];
}

/** The painting page shows what it gets, link or not. */
const shown = (images: readonly AnsweredImage[]): Promise<Buffer[]> =>
  Promise.all(images.map((image) => linkFirst(image)));

const models: ClientCase = {
  ...NOTHING,
  feature: 'models',
  how: 'finds what makes images by its endpoint type',
  run: async ({ baseUrl, secret }) => {
    const headers = { authorization: `Bearer ${secret}` };
    const answer = await fetch(`${baseUrl}/models`, { headers });
    const { data } = (await answer.json()) as { data: ListedModel[] };
    const found = data.filter(({ supported_endpoint_types: types }) =>
      types?.includes('image-generation'),
    );
    expect(found.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['gpt-image-2', 'easel-sketch', 'gemini-2.5-flash-image']),
    );
    return [];
  },
};

/** What stands at `auto` is left out. */
const generated = async (bench: Bench, body: object): Promise<Buffer[]> =>
  shown(
    await imagesOf(await bench.postJson('/v1/images/generations', { prompt: PROMPT, ...body })),
  );

const generate: ClientCase[] = [
  {
    ...onePicture(UPSTREAM),
    feature: 'b64',
    how: 'everything auto',
    run: (bench) => generated(bench, { model: UPSTREAM.model, n: 1 }),
  },
  {
    pictures: ['1536x1024', '1536x1024'],
    charge: 4,
    calls: 1,
    feature: 'several',
    how: 'everything chosen',
    run: (bench) =>
      generated(bench, {
        model: UPSTREAM.model,
        n: 2,
        size: '1536x1024',
        quality: 'high',
        moderation: 'low',
        background: 'opaque',
        output_format: 'webp',
      }),
  },
  {
    ...onePicture(HERE),
    feature: 'url',
    how: HERE.model,
    run: (bench) => generated(bench, { model: HERE.model, n: 1, size: SQUARE }),
  },
];

async function edited(bench: Bench, model: string, files: readonly Entry[]): Promise<Buffer[]> {
  const entries: Entry[] = [
    ['prompt', PROMPT],
    ['model', model],
    ['n', '1'],
    ['size', SQUARE],
  ];
  const body = formOf([...entries, ...files]);
  return shown(await imagesOf(await bench.post('/v1/images/edits', { body })));
}

const edit = [UPSTREAM, HERE].flatMap((by): ClientCase[] => [
  {
    ...onePicture(by),
    feature: 'edit-one',
    how: `${by.model}, image`,
    run: (bench) => edited(bench, by.model, [['image', png(bench.files.png)]]),
  },
  {
    ...onePicture(by),
    feature: 'edit-several',
    how: `${by.model}, image again and again`,
    run: (bench) =>
      edited(bench, by.model, [
        ['image', png(bench.files.png)],
        ['image', jpeg(bench.files.jpeg)],
      ]),
  },
]);

const errors: ClientCase = {
  ...NOTHING,
  feature: 'errors',
  how: 'the message is what it shows',
  run: async (bench) => {
    const body = { model: 'gpt-image-2', prompt: PROMPT, n: 99 };
    expect(await messageOf(await bench.postJson('/v1/images/generations', body))).toEqual({
      status: 400,
      message: expect.stringContaining('1 to 10'),
    });
    return [];
  },
};

export const cherryStudio: Client = {
  name: 'Cherry Studio',
  package: null,
  notOffered: ['mask', 'stream-generate', 'stream-edit', 'retries'],
  cases: [models, ...generate, ...edit, errors],
};
