import { request } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import OpenAI from 'openai';
import { type AnsweredImage, decoded, downloaded } from './answers.js';
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
import { SDK_RETRIES } from './sdk-retries.js';

const clientOf = ({ baseUrl, secret }: Bench): OpenAI =>
  // The base URL it is born with ends in a slash.
  new OpenAI({ baseURL: `${baseUrl}/`, apiKey: secret });

/** The tool for GPT image models: everything is `auto` unless the model chose. */
const generate: ClientCase[] = [
  { by: UPSTREAM, n: 1 },
  { by: { ...UPSTREAM, model: 'gpt-image-1' }, n: 1 },
  { by: UPSTREAM, n: 2 },
].map(({ by, n }) => ({
  pictures: Array.from({ length: n }, () => SQUARE),
  charge: n * by.charge,
  calls: by.calls,
  feature: n > 1 ? 'several' : 'b64',
  how: `${by.model}, everything auto`,
  run: async (bench) => {
    const { data = [] } = await clientOf(bench).images.generate({
      model: by.model,
      prompt: PROMPT,
      n,
      background: 'auto',
      output_format: 'png',
      quality: 'auto',
      size: 'auto',
    });
    return data.map(decoded);
  },
}));

/** The older tool, which takes the link. */
const dallE: ClientCase = {
  ...onePicture(UPSTREAM),
  feature: 'url',
  how: 'dall-e-3, by its DALL·E tool',
  run: async (bench) => {
    const { data = [] } = await clientOf(bench).images.generate({
      model: 'dall-e-3',
      quality: 'standard',
      style: 'vivid',
      size: SQUARE,
      prompt: PROMPT,
      n: 1,
    });
    return [await downloaded(data[0]?.url)];
  },
};

/** A form that is streamed: in chunks, without a length. */
async function edited(bench: Bench, entries: readonly Entry[], header: string): Promise<Buffer[]> {
  const encoded = new Response(formOf(entries));
  const call = request(`${bench.baseUrl}/images/edits?api-version=2025-04-01-preview`, {
    method: 'POST',
    headers: {
      'content-type': encoded.headers.get('content-type') ?? '',
      'transfer-encoding': 'chunked',
      [header]: header === 'api-key' ? bench.secret : `Bearer ${bench.secret}`,
    },
  });
  const answered = new Promise<Readable>((resolve, reject) =>
    call.on('response', resolve).on('error', reject),
  );
  Readable.from(Buffer.from(await encoded.arrayBuffer())).pipe(call);
  const { data = [] } = JSON.parse(await text(await answered)) as { data?: AnsweredImage[] };
  return data.map(decoded);
}

const edit = (['authorization', 'api-key'] as const).flatMap((header): ClientCase[] => {
  const fields: Entry[] = [
    ['model', UPSTREAM.model],
    ['prompt', PROMPT],
    ['n', '1'],
    ['quality', 'auto'],
    ['size', 'auto'],
  ];
  return [
    {
      ...onePicture(UPSTREAM),
      feature: 'edit-one',
      how: `streamed without a length, key in ${header}`,
      run: (bench) => edited(bench, [...fields, ['image[]', png(bench.files.png)]], header),
    },
    {
      ...onePicture(UPSTREAM),
      feature: 'edit-several',
      how: `streamed without a length, key in ${header}`,
      run: (bench) =>
        edited(
          bench,
          [...fields, ['image[]', png(bench.files.png)], ['image[]', jpeg(bench.files.jpeg)]],
          header,
        ),
    },
  ];
});

const errors: ClientCase = {
  ...NOTHING,
  calls: 1,
  feature: 'errors',
  how: 'hears of a prompt that was refused',
  run: async (bench) => {
    bench.stub.always('refused');
    const asked = clientOf(bench).images.generate({ model: 'gpt-image-2', prompt: PROMPT });
    await expect(asked).rejects.toMatchObject({ status: 400, code: 'content_policy_violation' });
    return [];
  },
};

const here: ClientCase = {
  ...onePicture(HERE),
  feature: 'url',
  how: 'easel-sketch as the model of its DALL·E tool',
  run: async (bench) => {
    const { data = [] } = await clientOf(bench).images.generate({
      model: HERE.model,
      quality: 'hd',
      style: 'natural',
      size: SQUARE,
      prompt: PROMPT,
      n: 1,
    });
    return [await downloaded(data[0]?.url)];
  },
};

export const libreChat: Client = {
  name: 'LibreChat',
  package: null,
  notOffered: ['models', 'mask', 'stream-generate', 'stream-edit'],
  cases: [...generate, dallE, here, ...edit, errors, ...SDK_RETRIES],
};
