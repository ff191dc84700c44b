import { FormData } from 'undici';
import { EDIT_BYTES, EDIT_FILES, type Kind, PARTIALS, promptOf } from '../kinds.js';
import { numbered, picture, sha256 } from '../pictures.js';

export interface Outgoing {
  readonly number: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

const FORMS: Partial<Record<Kind, object>> = {
  url: { response_format: 'url' },
  b64x4: { n: 4 },
  sse: { stream: true, partial_images: PARTIALS },
};

let asked = 0;

/** No two requests of this process are the same. */
export async function requestOf(kind: Kind, latencyMs = 0): Promise<Outgoing> {
  const number = (asked += 1);
  if (kind === 'edit') return editOf(latencyMs, number);
  const prompt = promptOf({ kind, latencyMs, number, files: [] });
  const body = { model: 'gpt-image-2', prompt, size: '1024x1024', ...FORMS[kind] };
  return {
    number,
    path: '/v1/images/generations',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

async function editOf(latencyMs: number, number: number): Promise<Outgoing> {
  const files = Array.from({ length: EDIT_FILES }, (_, at) =>
    numbered(picture(EDIT_BYTES, at), number),
  );
  const form = new FormData();
  form.append('model', 'gpt-image-2');
  form.append('prompt', promptOf({ kind: 'edit', latencyMs, number, files: files.map(sha256) }));
  for (const [at, file] of files.entries()) {
    form.append('image[]', new Blob([file], { type: 'image/png' }), `image-${at}.png`);
  }
  const encoded = new Response(form as never);
  return {
    number,
    path: '/v1/images/edits',
    headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
    body: Buffer.from(await encoded.arrayBuffer()),
  };
}
