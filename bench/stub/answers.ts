import { type Kind, PARTIALS, picturesOf } from '../kinds.js';

const USAGE = {
  input_tokens: 50,
  input_tokens_details: { image_tokens: 0, text_tokens: 50 },
  output_tokens: 4160,
  total_tokens: 4210,
};
const FACTS = { created: 1_763_600_000, background: 'opaque', output_format: 'png' };

const made = new Map<Kind, Buffer>();

/** The body of an answer, made once. */
export function answerOf(kind: Kind): Buffer {
  let body = made.get(kind);
  if (!body) {
    const data = picturesOf(kind).map((bytes) => ({ b64_json: bytes.toString('base64') }));
    body = Buffer.from(JSON.stringify({ ...FACTS, data, usage: USAGE }));
    made.set(kind, body);
  }
  return body;
}

let events: Buffer[] | undefined;

/** As OpenAI streams: the partial pictures, then the final one. */
export function eventsOf(): Buffer[] {
  events ??= picturesOf('sse').map((bytes, index) => {
    const type = index < PARTIALS ? 'image_generation.partial_image' : 'image_generation.completed';
    const more = index < PARTIALS ? { partial_image_index: index } : { usage: USAGE };
    const facts = { size: '1024x1024', quality: 'high', background: 'opaque' };
    const event = { type, b64_json: bytes.toString('base64'), ...facts, ...more };
    return Buffer.from(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`);
  });
  return events;
}
