import { DallEAPIWrapper } from '@langchain/openai';
import OpenAI from 'openai';
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

type Fields = NonNullable<ConstructorParameters<typeof DallEAPIWrapper>[0]>;

const toolOf = ({ baseUrl, secret }: Bench, fields: Partial<Fields> = {}) =>
  new DallEAPIWrapper({ apiKey: secret, baseUrl, ...fields });

/** DALL·E 3 is what it asks for when it is told no model; it sends its style and quality with any. */
const models = [{ ...UPSTREAM, model: 'dall-e-3' }, UPSTREAM, HERE];

const generate = models.flatMap((by): ClientCase[] => [
  {
    ...onePicture(by),
    feature: 'url',
    how: by.model,
    run: async (bench) => {
      const tool = toolOf(bench, by.model === 'dall-e-3' ? {} : { model: by.model });
      return [await downloaded(await tool.invoke(PROMPT))];
    },
  },
  {
    ...onePicture(by),
    feature: 'b64',
    how: by.model,
    run: async (bench) => {
      const tool = toolOf(bench, { model: by.model, dallEResponseFormat: 'b64_json' });
      return [decoded({ b64_json: (await tool.invoke(PROMPT)) as string })];
    },
  },
  {
    pictures: [SQUARE, SQUARE],
    charge: 2 * by.charge,
    calls: 2 * by.calls,
    feature: 'several',
    how: `${by.model}, as calls of one`,
    run: async (bench) => {
      const tool = toolOf(bench, { model: by.model, n: 2 });
      const made = (await tool.invoke(PROMPT)) as unknown as { image_url: string }[];
      return Promise.all(made.map(({ image_url: url }) => downloaded(url)));
    },
  },
]);

const errors: ClientCase = {
  ...NOTHING,
  feature: 'errors',
  how: 'are those of the OpenAI SDK',
  run: async (bench) => {
    const asked = toolOf(bench, { model: 'no-such-model' }).invoke(PROMPT);
    const error = await asked.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.NotFoundError);
    expect(error).toMatchObject({ code: 'model_not_found' });
    return [];
  },
};

const retries: ClientCase = {
  ...NOTHING,
  calls: 1,
  feature: 'retries',
  how: 'are those of the OpenAI SDK: none of what failed at the upstream',
  run: async (bench) => {
    bench.stub.always('status-500');
    await expect(toolOf(bench).invoke(PROMPT)).rejects.toMatchObject({ status: 502 });
    return [];
  },
};

export const langchain: Client = {
  name: 'LangChain DallEAPIWrapper',
  package: '@langchain/openai',
  notOffered: ['models', 'edit-one', 'edit-several', 'mask', 'stream-generate', 'stream-edit'],
  cases: [...generate, errors, retries],
};
