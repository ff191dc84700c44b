import OpenAI, { toFile } from 'openai';
import { decoded, downloaded } from './answers.js';
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
import { ERROR_CLASSES } from './openai-node-errors.js';
import { SDK_RETRIES } from './sdk-retries.js';

/** As its readme says, with base URL and key; two retries. */
const clientOf = ({ baseUrl, secret }: Bench): OpenAI =>
  new OpenAI({ baseURL: baseUrl, apiKey: secret });

const upload = (bytes: Buffer, name: string) => toFile(bytes, name);

const models: ClientCase = {
  ...NOTHING,
  feature: 'models',
  how: 'iterates over the list, and asks for one with its owner before it',
  run: async (bench) => {
    const names: string[] = [];
    for await (const model of clientOf(bench).models.list()) names.push(model.id);
    expect(names).toEqual(expect.arrayContaining(['gpt-image-2', 'easel-sketch', 'dall-e-3']));
    const model = await clientOf(bench).models.retrieve('openai/gpt-image-2');
    expect(model).toMatchObject({ id: 'gpt-image-2', object: 'model', owned_by: 'openai' });
    return [];
  },
};

const generate = [UPSTREAM, HERE].flatMap((by): ClientCase[] => [
  {
    ...onePicture(by),
    feature: 'b64',
    how: by.model,
    run: async (bench) => {
      const answer = await clientOf(bench).images.generate({
        model: by.model,
        prompt: PROMPT,
        size: SQUARE,
        response_format: 'b64_json',
      });
      expect(answer).toMatchObject({ _request_id: expect.any(String), size: SQUARE });
      return (answer.data ?? []).map(decoded);
    },
  },
  {
    ...onePicture(by),
    feature: 'url',
    how: by.model,
    run: async (bench) => {
      const { data = [] } = await clientOf(bench).images.generate({
        model: by.model,
        prompt: PROMPT,
        size: SQUARE,
        response_format: 'url',
      });
      return Promise.all(data.map(({ url }) => downloaded(url)));
    },
  },
  {
    pictures: Array.from({ length: 3 }, () => '1536x1024'),
    charge: 3 * by.charge,
    calls: by.calls,
    feature: 'several',
    how: by.model,
    run: async (bench) => {
      const { data = [] } = await clientOf(bench).images.generate({
        model: by.model,
        prompt: PROMPT,
        size: '1536x1024',
        n: 3,
        response_format: 'b64_json',
      });
      return data.map(decoded);
    },
  },
  {
    ...onePicture(by),
    feature: 'stream-generate',
    how: by.model,
    run: async (bench) => {
      const stream = await clientOf(bench).images.generate({
        model: by.model,
        prompt: PROMPT,
        size: SQUARE,
        stream: true,
        partial_images: 2,
      });
      const events = [];
      for await (const event of stream) events.push(event);
      expect(events.map(({ type }) => type)).toEqual([
        'image_generation.partial_image',
        'image_generation.partial_image',
        'image_generation.completed',
      ]);
      return events.slice(-1).map(decoded);
    },
  },
]);

const edit = [UPSTREAM, HERE].flatMap((by): ClientCase[] => [
  {
    ...onePicture(by),
    feature: 'edit-one',
    how: by.model,
    run: async (bench) => {
      const { data = [] } = await clientOf(bench).images.edit({
        model: by.model,
        prompt: PROMPT,
        image: await upload(bench.files.png, 'a picture.png'),
        size: SQUARE,
        response_format: 'b64_json',
      });
      return data.map(decoded);
    },
  },
  {
    ...onePicture(by),
    feature: 'edit-several',
    how: by.model,
    run: async (bench) => {
      const { data = [] } = await clientOf(bench).images.edit({
        model: by.model,
        prompt: PROMPT,
        image: [await upload(bench.files.png, 'a.png'), await upload(bench.files.jpeg, 'b.jpg')],
        size: SQUARE,
        response_format: 'b64_json',
      });
      if (by.calls > 0) expect(bench.stub.calls[0].parts).toHaveLength(2);
      return data.map(decoded);
    },
  },
  {
    ...onePicture(by),
    feature: 'mask',
    how: by.model,
    run: async (bench) => {
      const { data = [] } = await clientOf(bench).images.edit({
        model: by.model,
        prompt: PROMPT,
        image: await upload(bench.files.png, 'a.png'),
        mask: await upload(bench.files.mask, 'mask.png'),
        size: SQUARE,
        response_format: 'b64_json',
      });
      if (by.calls > 0) expect(bench.stub.calls[0].parts.at(-1)).toMatchObject({ name: 'mask' });
      return data.map(decoded);
    },
  },
  {
    ...onePicture(by),
    feature: 'stream-edit',
    how: by.model,
    run: async (bench) => {
      const stream = await clientOf(bench).images.edit({
        model: by.model,
        prompt: PROMPT,
        image: await upload(bench.files.png, 'a.png'),
        size: SQUARE,
        stream: true,
        partial_images: 1,
      });
      const events = [];
      for await (const event of stream) events.push(event);
      expect(events.map(({ type }) => type)).toEqual([
        'image_edit.partial_image',
        'image_edit.completed',
      ]);
      return events.slice(-1).map(decoded);
    },
  },
]);

export const openaiNode: Client = {
  name: 'OpenAI SDK for Node',
  package: 'openai',
  notOffered: [],
  cases: [models, ...generate, ...edit, ...ERROR_CLASSES, ...SDK_RETRIES],
};
