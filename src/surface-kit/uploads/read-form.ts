import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import multer, { type Options, type StorageEngine } from 'multer';
import { DomainError, invalidValue } from '../../common/domain-error.js';
import { INPUT_LIMITS, type InputRole, type ReceivedImage } from '../../storage/index.js';
import { type EditUpload, MAX_IMAGES, type SentInput, type TakeFile } from './edit-upload.js';
import { fieldsOf } from './form-fields.js';
import { placeOf } from './form-places.js';
import { toFormProblem } from './form-problem.js';
import { FormRequest } from './form-request.js';

/** Every limit the parser knows (reliability §4.4). Files of a mask are held to less by the image gate. */
const LIMITS = {
  files: MAX_IMAGES + 1,
  parts: 40,
  fields: 20,
  /** 32,000 characters of Chinese, twice over. */
  fieldSize: 256 * 1024,
  fieldNameSize: 64,
  fileSize: INPUT_LIMITS.image.maxBytes,
  headerPairs: 20,
  fieldNestingDepth: 0,
  fieldArrayIndexLimit: 0,
};

/** All files at their largest, and a megabyte for the rest. */
export const MAX_FORM_BYTES =
  MAX_IMAGES * INPUT_LIMITS.image.maxBytes + INPUT_LIMITS.mask.maxBytes + 1024 * 1024;

/**
 * Reads a multipart edit: fields and files in any order, each file on its way
 * to the disk while it arrives.
 *
 * @param take takes a file in; whoever gave it cleans up after what it took when this fails
 * @throws DomainError `invalid_value`, `request_too_large`, and what `take` throws. It
 * settles only when no file is being taken any more.
 */
export async function readForm(
  headers: Request['headers'],
  body: Readable,
  take: TakeFile,
): Promise<EditUpload> {
  // One file that cannot be used ends the form: nobody waits for the next 50 MB.
  let unusable: unknown;
  const files = new FormFiles(take, (error) => {
    unusable ??= error;
    body.destroy(error);
  });
  const form = new FormRequest(headers);
  const problem = await parse(form, body, files);
  body.destroy();
  await files.settled();
  // A file that is left unread ends as aborted; the parser hears of that before it hears why.
  if (problem !== null) throw toFormProblem(unusable ?? problem);
  const texts = Object.keys(form.body).map(placeOf);
  const misplaced = texts.find((role) => role !== null);
  if (misplaced) throw notAFile(misplaced);
  const { images, mask } = files;
  return { fields: fieldsOf(form.body), images, mask, imagesParam: 'image' };
}

/** @returns what the parser found wrong, or null */
function parse(form: FormRequest, body: Readable, files: FormFiles): Promise<unknown> {
  const options: Options & { streamHandler: (form: unknown, parser: Writable) => void } = {
    storage: files,
    limits: LIMITS,
    // A failure ends the parser, which tells it on.
    streamHandler: (_form, parser) => void pipeline(body, parser).catch(() => undefined),
  };
  const parser = multer(options).any();
  return new Promise((resolve) => {
    parser(form as unknown as Request, {} as Response, (error?: unknown) => {
      resolve(error ?? null);
    });
  });
}

/** Where the parser puts files: each goes on at once, in the order they begin. */
class FormFiles implements StorageEngine {
  private readonly sent: { role: InputRole; image?: ReceivedImage }[] = [];
  private readonly pending = new Set<Promise<unknown>>();

  constructor(
    private readonly take: TakeFile,
    private readonly giveUp: (error: Error) => void,
  ) {}

  _handleFile(
    _form: Request,
    { fieldname, stream }: Express.Multer.File,
    done: (error?: unknown, info?: object) => void,
  ): void {
    const work = this.store(fieldname, stream).then(
      () => done(null, {}),
      (error: unknown) => {
        this.giveUp(error as Error);
        done(error);
      },
    );
    this.pending.add(work);
    void work.finally(() => this.pending.delete(work));
  }

  _removeFile(_form: Request, _file: Express.Multer.File, done: (error: Error | null) => void) {
    done(null);
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.pending);
  }

  get images(): SentInput[] {
    return this.of('image');
  }

  get mask(): SentInput | null {
    return this.of('mask')[0] ?? null;
  }

  private async store(field: string, file: Readable): Promise<void> {
    const role = placeOf(field);
    if (role === null) throw strangeFile();
    const earlier = this.of(role).length;
    if (role === 'mask' && earlier > 0) throw invalidValue('mask', "'mask' was sent twice.");
    if (earlier >= MAX_IMAGES) {
      throw invalidValue('image', 'There are too many images.', {
        accepted: [`1 to ${MAX_IMAGES}`],
      });
    }
    const place: { role: InputRole; image?: ReceivedImage } = { role };
    this.sent.push(place);
    place.image = await this.take(role, role, file);
  }

  private of(role: InputRole): SentInput[] {
    return this.sent
      .filter((place) => place.role === role)
      .map(({ image }) => ({ kind: 'received', image: image!, param: role }));
  }
}

function strangeFile(): DomainError {
  return new DomainError('invalid_value', 'Files belong in the fields image, image[] and mask.');
}

function notAFile(role: InputRole): DomainError {
  return invalidValue(role, `'${role}' must be a file with a file name.`);
}
