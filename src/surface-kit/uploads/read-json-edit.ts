import { Readable } from 'node:stream';
import type { Request } from 'express';
import { DomainError, invalidValue } from '../../common/domain-error.js';
import { newCapability } from '../../common/ids.js';
import type { JsonValue } from '../../common/strict-json.js';
import type { InputRole, ReceivedImage } from '../../storage/index.js';
import { refuseOtherMedia, toJsonObject } from '../json-body.js';
import { tooLarge } from './body-feed.js';
import { bytesOfDataUrl, MAX_DATA_URL } from './data-url.js';
import { type EditUpload, MAX_IMAGES, type SentInput, type TakeFile } from './edit-upload.js';
import type { JsonEditForm } from './json-edit-form.js';
import { JsonSplitter } from './json-splitter.js';

/** Everything but the data URLs. */
const MAX_REST_BYTES = 1024 * 1024;
/** No server of images has longer addresses. */
const MAX_URL = 8192;

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
  form: JsonEditForm,
): Promise<EditUpload> {
  refuseOtherMedia({ headers }, 'JSON or a form (multipart/form-data)');
  const reader = new JsonEditReader(take, form);
  try {
    return await reader.read(body);
  } finally {
    body.destroy();
  }
}

class JsonEditReader {
  /** Images that were taken out of the text, by what stands in their place. */
  private readonly received = new Map<string, ReceivedImage>();

  constructor(
    private readonly takeFile: TakeFile,
    private readonly form: JsonEditForm,
  ) {}

  async read(body: Readable): Promise<EditUpload> {
    const { imagesParam } = this.form;
    const splitter = new JsonSplitter(
      (body as AsyncIterable<Buffer>)[Symbol.asyncIterator](),
      (path) => this.form.place.test(path),
      async (path, characters) => {
        if (this.received.size > MAX_IMAGES) throw tooMany(imagesParam);
        const mark = newCapability();
        this.received.set(mark, await this.take(path, characters));
        return mark;
      },
      { maxRestBytes: MAX_REST_BYTES, tooLong: () => tooLarge(MAX_REST_BYTES) },
    );
    const { [imagesParam]: images, mask, ...fields } = toJsonObject(await splitter.read());
    return {
      fields,
      images: await this.images(images),
      mask: mask === undefined || mask === null ? null : await this.input(mask, 'mask'),
      imagesParam,
    };
  }

  private async images(value: JsonValue | undefined): Promise<SentInput[]> {
    const { imagesParam } = this.form;
    if (value === undefined || value === null) throw missing(imagesParam);
    const sent = this.form.listOf(value);
    if (sent === null || sent.length === 0) {
      const problem = `'${imagesParam}' must be a list of one or more references.`;
      throw invalidValue(imagesParam, problem);
    }
    if (sent.length > MAX_IMAGES) throw tooMany(imagesParam);
    const inputs: SentInput[] = [];
    for (const [param, each] of sent) inputs.push(await this.input(each, param));
    return inputs;
  }

  private async input(value: JsonValue, name: string): Promise<SentInput> {
    const { kind, text, param } = this.form.refOf(value, name);
    const image = this.received.get(text);
    if (image) return { kind: 'received', image, param };
    if (kind === 'asset') return { kind, id: text, param };
    if (/^data:/i.test(text)) {
      return { kind: 'received', image: await this.take(param, [Buffer.from(text)]), param };
    }
    if (text.length > MAX_URL) throw invalidValue(param, `'${param}' is too long an address.`);
    return { kind: 'url', url: text, param };
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

function tooMany(param: string): DomainError {
  return invalidValue(param, 'There are too many images.', { accepted: [`1 to ${MAX_IMAGES}`] });
}

function missing(param: string): DomainError {
  return new DomainError('missing_required_parameter', `'${param}' is required.`, { param });
}
