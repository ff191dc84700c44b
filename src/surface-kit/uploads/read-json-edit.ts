import { Readable } from 'node:stream';
import type { Request } from 'express';
import { DomainError, invalidValue } from '../../common/domain-error.js';
import { newCapability } from '../../common/ids.js';
import type { JsonObject, JsonValue } from '../../common/strict-json.js';
import type { InputRole, ReceivedImage } from '../../storage/index.js';
import { refuseOtherMedia, toJsonObject } from '../json-body.js';
import { tooLarge } from './body-feed.js';
import { bytesOfDataUrl, MAX_DATA_URL } from './data-url.js';
import { type EditUpload, MAX_IMAGES, type SentInput, type TakeFile } from './edit-upload.js';
import { JsonSplitter } from './json-splitter.js';

/** Everything but the data URLs. */
const MAX_REST_BYTES = 1024 * 1024;
/** No server of images has longer addresses. */
const MAX_URL = 8192;
const IMAGE_PLACE = /^(?:images\[\d+\]|mask)\.image_url$/;
const REF_KEYS = ['image_url', 'file_id'] as const;

/** A mask and as many images as there may be, each a data URL of the largest kind. */
export const MAX_JSON_EDIT_BYTES = (MAX_IMAGES + 1) * MAX_DATA_URL + MAX_REST_BYTES;

/**
 * Reads an edit sent as JSON. Its data URLs go to the disk while they arrive;
 * only the rest is ever held as text.
 *
 * @param take takes a file in; whoever gave it cleans up after what it took when this fails
 * @throws DomainError `unsupported_media_type`, `invalid_value`,
 * `missing_required_parameter`, `request_too_large`, and what `take` throws
 */
export async function readJsonEdit(
  headers: Request['headers'],
  body: Readable,
  take: TakeFile,
): Promise<EditUpload> {
  refuseOtherMedia({ headers }, 'JSON or a form (multipart/form-data)');
  const reader = new JsonEditReader(take);
  try {
    return await reader.read(body);
  } finally {
    body.destroy();
  }
}

class JsonEditReader {
  /** Images that were taken out of the text, by what stands in their place. */
  private readonly received = new Map<string, ReceivedImage>();

  constructor(private readonly takeFile: TakeFile) {}

  async read(body: Readable): Promise<EditUpload> {
    const splitter = new JsonSplitter(
      (body as AsyncIterable<Buffer>)[Symbol.asyncIterator](),
      (path) => IMAGE_PLACE.test(path),
      async (path, characters) => {
        if (this.received.size > MAX_IMAGES) throw tooMany();
        const mark = newCapability();
        this.received.set(mark, await this.take(path, characters));
        return mark;
      },
      { maxRestBytes: MAX_REST_BYTES, tooLong: () => tooLarge(MAX_REST_BYTES) },
    );
    const { images, mask, ...fields } = toJsonObject(await splitter.read());
    return {
      fields,
      images: await this.images(images),
      mask: mask === undefined || mask === null ? null : await this.input(mask, 'mask'),
      imagesParam: 'images',
    };
  }

  private async images(value: JsonValue | undefined): Promise<SentInput[]> {
    if (value === undefined || value === null) throw missing('images');
    if (!Array.isArray(value) || value.length === 0) {
      throw invalidValue('images', "'images' must be a list of one or more references.");
    }
    if (value.length > MAX_IMAGES) throw tooMany();
    const inputs: SentInput[] = [];
    for (const [index, each] of (value as JsonValue[]).entries()) {
      inputs.push(await this.input(each, `images[${index}]`));
    }
    return inputs;
  }

  private async input(value: JsonValue, param: string): Promise<SentInput> {
    const [key, text] = refOf(value, param);
    const place = `${param}.${key}`;
    const image = this.received.get(text);
    if (image) return { kind: 'received', image, param: place };
    if (key === 'file_id') return { kind: 'asset', id: text, param: place };
    if (/^data:/i.test(text)) {
      return { kind: 'received', image: await this.take(place, [Buffer.from(text)]), param: place };
    }
    if (text.length > MAX_URL) throw invalidValue(place, `'${place}' is too long an address.`);
    return { kind: 'url', url: text, param: place };
  }

  private take(
    path: string,
    characters: AsyncIterable<Buffer> | Iterable<Buffer>,
  ): Promise<ReceivedImage> {
    const role: InputRole = path.startsWith('mask') ? 'mask' : 'image';
    const file = Readable.from(bytesOfDataUrl(characters, path), { objectMode: false });
    return this.takeFile(role, path, file);
  }
}

/** The one key of a reference and its text. A key that is null beside another counts as not sent. */
function refOf(value: JsonValue, param: string): [key: string, text: string] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const sent = isObject ? Object.entries(value as JsonObject) : [];
  const given = sent.filter(([, member]) => member !== null);
  const members = given.length > 0 ? given : sent;
  const [[key, text] = ['', null]] = members;
  const isRef = members.length === 1 && REF_KEYS.some((known) => known === key);
  if (!isRef) {
    throw invalidValue(param, `'${param}' must hold exactly one of image_url and file_id.`, {
      accepted: [...REF_KEYS],
    });
  }
  if (typeof text === 'string' && text !== '') return [key, text];
  throw invalidValue(`${param}.${key}`, `'${param}.${key}' must be a string.`);
}

function tooMany(): DomainError {
  return invalidValue('images', 'There are too many images.', { accepted: [`1 to ${MAX_IMAGES}`] });
}

function missing(param: string): DomainError {
  return new DomainError('missing_required_parameter', `'${param}' is required.`, { param });
}
