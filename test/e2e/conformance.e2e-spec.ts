import sharp from 'sharp';
import { SocketDialer } from '../../src/egress/dialer.js';
import { DialGuard } from '../../src/egress/index.js';
import { SystemResolver } from '../../src/egress/resolver.js';
import { OpenAiCompatibleFactory } from '../../src/providers/openai-compatible/openai-compatible.factory.js';
import { readQuirks } from '../../src/providers/openai-compatible/quirks.js';
import { requestFields } from '../../src/providers/openai-compatible/request-body.js';
import type { CatalogModel } from '../../src/models/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { makeAnimation, makeImage, makeSvg } from '../support/images.js';
import { shippedUpstreams } from '../support/shipped-upstreams.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { type Entry, formOf, png } from './clients/form.js';
import { CATALOG, predict, UNSERVED } from './conformance/predict.js';
import {
  carriedOf,
  fieldsOf,
  labelOf,
  type Probe,
  PROBES,
  type Reached,
  verdictOf,
} from './conformance/probe.js';
import { WatchedRenderer } from './conformance/watched-renderer.js';

const CREDITS = 100_000;
const PROMPT = 'a lighthouse';
/** Read to its end: of a stream the status comes before the upstream is asked. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** All rows for one model. */
const MODEL_TIMEOUT_MS = 180_000;
const HERE = 'easel-sketch';

describe('each cell of the matrix in docs/conformance.md, sent to the running application', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let authorization: string;
  let files: { image: Buffer; mask: Buffer; gif: Buffer; svg: Buffer };
  const renderer = new WatchedRenderer();

  beforeAll(async () => {
    stub = await startUpstreamStub();
    const guard = new DialGuard(new SocketDialer(), new SystemResolver());
    app = await startApp({
      providers: [new OpenAiCompatibleFactory(guard), renderer],
      upstreams: await shippedUpstreams(stub.baseUrl, UNSERVED),
    });
    authorization = `Bearer ${(await app.givenCustomer(CREDITS)).secret}`;
    const image = await makeImage('png', { width: 320, height: 240 });
    const mask = await sharp(image).ensureAlpha(0.3).png().toBuffer();
    files = { image, mask, gif: await makeAnimation('gif', 4), svg: makeSvg() };
  });

  afterAll(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await app.stop();
    await stub.close();
  });

  beforeEach(() => void (renderer.asked.length = 0));

  it.each(CATALOG.available)(
    '$name',
    async (model) => {
      const seen: Record<string, object> = {};
      const written: Record<string, object> = {};
      for (const probe of PROBES) {
        const answer = await send(model, probe);
        const reached = reachedBy(model.name, probe, answer);
        seen[labelOf(probe)] = outcomeOf(probe, reached);
        written[labelOf(probe)] = outcomeOf(probe, predict(model, probe));
        if (!reached.refused) expectAsAsked(probe, answer);
      }
      expect(seen).toEqual(written);
    },
    MODEL_TIMEOUT_MS,
  );

  /** Of what is emulated, also how. */
  function outcomeOf(probe: Probe, reached: Reached): object {
    return { verdict: verdictOf(probe, reached), told: carriedOf(probe, reached.fields) };
  }

  /** The stub draws png, jpeg and webp; what else a model makes, it is given. */
  function prepare(offered: readonly string[], format: unknown): void {
    stub.reset();
    const made = { gif: files.gif, svg: files.svg }[String(format)];
    if (!made || !offered.includes(String(format))) return;
    const data = [{ b64_json: made.toString('base64') }];
    stub.always('raw', { body: JSON.stringify({ created: 1, data }) });
  }

  async function send({ name: model, options }: CatalogModel, probe: Probe): Promise<Answer> {
    const fields: Record<string, string | number | boolean> = {
      model,
      prompt: PROMPT,
      ...fieldsOf(probe),
    };
    prepare(options.outputFormat, fields.output_format);
    const answer = await (probe.operation === 'edit' ? edit(fields, probe) : generate(fields));
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  function generate(fields: object): Promise<Response> {
    const headers = { authorization, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(fields) };
    return fetch(`${app.url}/v1/images/generations`, init);
  }

  function edit(
    fields: Record<string, string | number | boolean>,
    { images = 0, mask = false }: Probe,
  ): Promise<Response> {
    const entries: Entry[] = [
      ...Object.entries(fields).map(([name, value]) => [name, String(value)] as const),
      ...Array.from({ length: images }, () => ['image[]', png(files.image)] as const),
      ...(mask ? [['mask', png(files.mask)] as const] : []),
    ];
    const init = { method: 'POST', headers: { authorization }, body: formOf(entries) };
    return fetch(`${app.url}/v1/images/edits`, init);
  }

  function reachedBy(model: string, probe: Probe, { status, headers, text }: Answer): Reached {
    if (status === 400) {
      const { error } = JSON.parse(text) as { error: { code: string; param: string } };
      const params = [probe.parameter, ...Object.keys(probe.beside ?? {}), 'model'];
      expect({ probe, error }).toMatchObject({ error: { code: 'invalid_value' } });
      expect(params).toContain(error.param);
      expect(stub.calls).toEqual([]);
      return { refused: true, ignored: [], fields: {} };
    }
    expect({ model, probe, status }).toMatchObject({ status: 200 });
    const ignored = headers.get('x-ignored-parameters')?.split(', ') ?? [];
    return { refused: false, ignored, fields: told(model, probe) };
  }

  /** What the upstream was told, files counted. */
  function told(model: string, { images = 0, mask = false }: Probe): Record<string, unknown> {
    if (model !== HERE) {
      expect(stub.calls[0].parts).toHaveLength(images + (mask ? 1 : 0));
      return stub.calls[0].body ?? {};
    }
    const request = renderer.asked.splice(0)[0];
    expect(request.inputs ?? []).toHaveLength(images);
    expect(request.mask !== undefined).toBe(mask);
    return requestFields(request, readQuirks({}));
  }

  /** What is seen in the answer alone. */
  function expectAsAsked({ parameter, value, beside }: Probe, { headers, text }: Answer): void {
    const streamed = parameter === 'stream' || beside?.stream === true;
    const type = streamed ? 'text/event-stream' : 'application/json';
    expect(headers.get('content-type')).toContain(type);
    if (streamed) {
      expect(text).toContain('event: image_generation.completed');
      return;
    }
    const { data } = JSON.parse(text) as { data: Record<string, string>[] };
    expect(data).toHaveLength(parameter === 'n' ? Number(value) : 1);
    if (parameter === 'response_format') expect(Object.keys(data[0])).toEqual([value]);
  }
});
