/** An image of an answer: its bytes, or what its link leads to. */
export interface AnsweredImage {
  readonly b64_json?: string;
  readonly url?: string;
}

export function decoded({ b64_json: base64 }: AnsweredImage): Buffer {
  const bytes = Buffer.from(base64 ?? '', 'base64');
  expect(bytes.length).toBeGreaterThan(64);
  expect(bytes.toString('base64') === base64).toBe(true);
  return bytes;
}

export async function downloaded(url: unknown, headers: Record<string, string> = {}) {
  expect(url).toEqual(expect.stringMatching(/^http.+\/files\//));
  const answer = await fetch(url as string, { headers });
  expect(answer.headers.get('content-type')).toMatch(/^image\//);
  return Buffer.from(await answer.arrayBuffer());
}

/** For clients that take the link where there is one. */
export async function linkFirst(image: AnsweredImage, headers = {}): Promise<Buffer> {
  return image.url ? downloaded(image.url, headers) : decoded(image);
}

/** For clients that take the bytes where there are any. */
export async function base64First(image: AnsweredImage): Promise<Buffer> {
  return image.b64_json ? decoded(image) : downloaded(image.url);
}

/** The images of a good answer. */
export async function imagesOf(answer: Response): Promise<readonly AnsweredImage[]> {
  const body = (await answer.json()) as { data?: AnsweredImage[] };
  expect({ status: answer.status, body }).toMatchObject({
    status: 200,
    body: { data: expect.any(Array) },
  });
  return body.data ?? [];
}

/** The message that clients show of a bad one. */
export async function messageOf(answer: Response): Promise<{ status: number; message: string }> {
  const { error } = (await answer.json()) as { error: { message: string } };
  return { status: answer.status, message: error.message };
}
