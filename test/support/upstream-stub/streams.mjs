import { pause } from './pause.mjs';
import { describe } from './pictures.mjs';

/**
 * What the stub can do to a call as a stream of server-sent events.
 *
 * @typedef {import('node:http').ServerResponse} Res
 * @typedef {import('./pictures.mjs').Picture} Picture
 * @typedef {import('./upstream-stub.mjs').BehaviourOptions} Options
 * @typedef {{ call: import('./upstream-stub.mjs').StubCall, options: Options, origin: string,
 *   keep: (p: Picture) => string }} Context
 * @typedef {{ pictures: (context: Context, count?: number) => Promise<Picture[]>, usage: object }} Tools
 */

/** Of each image in a stream, the more telling the nearer to its end. */
const MAX_PARTIALS = 3;

/** @param {Tools} tools @returns {Record<string, (res: Res, context: Context) => Promise<void>>} */
export function streamBehaviours(tools) {
  /** @param {Res} res @param {Context} context */
  const open = async (res, context) => new EventWriter(res, context, await script(context, tools));
  return {
    stream: async (res, context) => (await open(res, context)).all(),
    'stream-cut-mid-preview': async (res, context) =>
      (await open(res, context)).cutInside('partial_image'),
    'stream-cut-mid-image': async (res, context) =>
      (await open(res, context)).cutInside('completed'),
    'stream-cut-between': async (res, context) => (await open(res, context)).previewsThenCut(),
    'stream-ends-early': async (res, context) => (await open(res, context)).previewsThenEnd(),
    'stream-error': async (res, context) => (await open(res, context)).previewsThenError(true),
    'stream-error-as-data': async (res, context) =>
      (await open(res, context)).previewsThenError(false),
    'stream-hang': async (res, context) => (await open(res, context)).previews(),
    'stream-keeps-open': async (res, context) => (await open(res, context)).everything(),
    'stream-junk-preview': async (res, context) => {
      const writer = await open(res, context);
      for (const step of writer.steps) {
        if (step.type.endsWith('partial_image')) step.body.b64_json = '<html>no picture</html>';
      }
      await writer.all();
    },
  };
}

/** The events of a whole stream, in order. @param {Context} context @param {Tools} tools */
async function script(context, { pictures, usage }) {
  const { call, options } = context;
  const made = await pictures(context);
  const previews =
    options.partials ?? Math.min(MAX_PARTIALS, Number(call.body?.partial_images ?? 0));
  const prefix = call.path.endsWith('/edits') ? 'image_edit' : 'image_generation';
  const facts = {
    created_at: Math.floor(Date.now() / 1000),
    size: String(call.body?.size ?? '1024x1024'),
    quality: 'high',
    background: 'opaque',
    output_format: String(call.body?.output_format ?? 'png'),
  };
  return made.flatMap((picture) => [
    ...Array.from({ length: previews }, (_, index) => ({
      type: `${prefix}.partial_image`,
      body: {
        b64_json: padded(picture, options.partialBytes).base64,
        ...facts,
        partial_image_index: index,
      },
    })),
    { type: `${prefix}.completed`, body: { b64_json: picture.base64, ...facts, usage } },
  ]);
}

/** A picture as large as asked: what follows the last chunk of a PNG is nobody's business. */
function padded(picture, bytes = 0) {
  if (bytes <= picture.bytes.length) return picture;
  return describe(
    Buffer.concat([picture.bytes, Buffer.alloc(bytes - picture.bytes.length, 'preview')]),
    picture.mediaType,
  );
}

class EventWriter {
  /** @param {Res} res @param {Context} context @param {{ type: string, body: any }[]} steps */
  constructor(res, { options }, steps) {
    this.res = res;
    this.options = options;
    this.steps = steps;
    this.newline = options.newline ?? '\n';
    res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...options.headers });
    if (options.comments)
      this.text(`: welcome\n\nretry: 3000\n\nevent: ping\ndata: {"type":"ping"}\n\n`);
  }

  async all() {
    await this.everything();
    if (this.options.done) this.text('data: [DONE]\n\n');
    this.res.end();
  }

  async everything() {
    for (const step of this.steps) await this.event(step);
  }

  async previews() {
    for (const step of this.steps) {
      if (step.type.endsWith('completed')) return;
      await this.event(step);
    }
  }

  async previewsThenCut() {
    await this.previews();
    await pause(30);
    this.res.socket?.destroy();
  }

  async previewsThenEnd() {
    await this.previews();
    this.res.end();
  }

  async previewsThenError(named) {
    await this.previews();
    const error = {
      message: 'stub',
      type: 'server_error',
      code: null,
      param: null,
      ...this.options.error,
    };
    this.text(`${named ? 'event: error\n' : ''}data: ${JSON.stringify({ error })}\n\n`);
    this.res.end();
  }

  /** Whole events up to the first of `kind`, half of that one, then nothing. */
  async cutInside(kind) {
    for (const step of this.steps) {
      if (!step.type.endsWith(kind)) {
        await this.event(step);
        continue;
      }
      const text = this.frame(step);
      await this.write(text.slice(0, text.length >> 1));
      await pause(50);
      this.res.socket?.destroy();
      return;
    }
  }

  async event(step) {
    if (this.options.gapMs) await pause(this.options.gapMs);
    if (this.options.comments) this.text(': still here\n\n');
    await this.write(this.frame(step));
  }

  frame({ type, body }) {
    const name = this.options.unnamed ? '' : `event: ${type}\n`;
    return `${name}data: ${JSON.stringify({ type, ...body })}\n\n`.replaceAll('\n', this.newline);
  }

  text(text) {
    if (!this.res.destroyed) this.res.write(text.replaceAll('\n', this.newline));
  }

  /** At the reader's pace, in slices if told. */
  async write(text) {
    const slice = this.options.sliceBytes ?? text.length;
    for (let at = 0; at < text.length && !this.res.destroyed; at += slice) {
      this.res.write(text.slice(at, at + slice));
      if (this.options.sliceBytes) await pause(this.options.dripMs ?? 0);
      if (this.res.writableNeedDrain) await drained(this.res);
    }
  }
}

/** @param {Res} res */
function drained(res) {
  if (res.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    res.once('drain', resolve);
    res.once('close', resolve);
  });
}
