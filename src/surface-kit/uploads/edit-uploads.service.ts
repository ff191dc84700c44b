import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { type UploadMeter, UploadsInFlight } from '../../admission/index.js';
import type { Caller } from '../../api-keys/index.js';
import { DomainError, invalidValue } from '../../common/domain-error.js';
import { InputImages, type InputRole, type ReceivedImage } from '../../storage/index.js';
import { announcedBytes, feedOf, tooLarge } from './body-feed.js';
import { type KeptInput, keepInputs } from './edit-inputs.js';
import type { EditUpload } from './edit-upload.js';
import { type JsonEditForm, OPENAI_EDIT } from './json-edit-form.js';
import { MAX_FORM_BYTES, readForm } from './read-form.js';
import { MAX_JSON_EDIT_BYTES, readJsonEdit } from './read-json-edit.js';
import { toUploadProblem } from './upload-problem.js';

const FORM = /^multipart\/form-data\s*(?:;|$)/i;
/** RFC 2046: 1 to 70 characters. */
const BOUNDARY = /;\s*boundary=(?:"[^"\r\n]{1,70}"|[^\s;"]{1,70})\s*(?:;|$)/i;

/** Failures of a fetch that say nothing of the address. */
const OURS: ReadonlySet<string> = new Set(['storage_unavailable', 'database_unavailable']);

/** Reads what is sent to be edited. */
@Injectable()
export class EditUploads {
  constructor(
    private readonly inputs: InputImages,
    private readonly inFlight: UploadsInFlight,
  ) {}

  /**
   * Counts the upload against its account's limit; nothing is read yet.
   *
   * @param form how the images stand in a body that is JSON
   * @throws DomainError `request_too_large`, `unsupported_media_type`,
   * `concurrency_limit_exceeded`, by what the headers say alone
   */
  begin(
    caller: Caller,
    request: Request,
    response: Response,
    form: JsonEditForm = OPENAI_EDIT,
  ): EditReading {
    const isForm = FORM.test(request.headers['content-type'] ?? '');
    const announced = announcedBytes(request);
    const maxBytes = isForm ? MAX_FORM_BYTES : MAX_JSON_EDIT_BYTES;
    if (announced > maxBytes) throw tooLarge(maxBytes);
    if (isForm) refuseStrangeForm(request);
    const meter = this.inFlight.begin(caller, announced);
    return new EditReading(this.inputs, meter, { request, response, isForm, maxBytes, form });
  }
}

interface Reading {
  readonly request: Request;
  readonly response: Response;
  readonly isForm: boolean;
  readonly maxBytes: number;
  /** Of a body that is JSON. */
  readonly form: JsonEditForm;
}

/** One edit on its way in. Whoever began it ends it, come what may. */
export class EditReading {
  private readonly taken: ReceivedImage[] = [];
  private readonly left = new AbortController();
  private readonly onLeft = () => this.left.abort(clientLeft());

  constructor(
    private readonly inputs: InputImages,
    private readonly meter: UploadMeter,
    private readonly reading: Reading,
  ) {
    reading.response.once('close', this.onLeft);
  }

  /** Reads the body, once. @throws DomainError for whatever is wrong with it */
  read(): Promise<EditUpload> {
    const { request, isForm, maxBytes, form } = this.reading;
    const body = feedOf(request, maxBytes, (bytes) => this.meter.receive(bytes));
    const take = (role: InputRole, param: string, file: Readable) =>
      this.track(role, param, this.inputs.receive(file, role, this.left.signal));
    return isForm
      ? readForm(request.headers, body, take)
      : readJsonEdit(request.headers, body, take, form);
  }

  /**
   * Makes the inputs assets of the account, in the order sent, the mask last.
   *
   * @throws DomainError `invalid_value` that names the input at fault, and what storing throws
   */
  keep({ accountId }: Caller, upload: EditUpload): Promise<KeptInput[]> {
    const { inputs } = this;
    return keepInputs(
      { accountId, inputs, fetch: (url, role, param) => this.fetch(url, role, param) },
      upload,
    );
  }

  /** Removes whatever was received and not kept, and gives the account its room back. */
  async end(): Promise<void> {
    this.reading.response.off('close', this.onLeft);
    this.meter.end();
    await Promise.all(this.taken.map((image) => image.discard()));
  }

  /** Every failure looks the same: whatever stands at that address is nobody's business. */
  private async fetch(url: string, role: InputRole, param: string): Promise<ReceivedImage> {
    try {
      return await this.track(role, param, this.inputs.fetch(url, role, this.left.signal));
    } catch (error) {
      this.left.signal.throwIfAborted();
      const isOurs = error instanceof DomainError && OURS.has(error.code);
      const failure = isOurs ? error : unfetched(param);
      // The other addresses are of no use any more.
      this.left.abort(failure);
      throw failure;
    }
  }

  private async track(
    role: InputRole,
    param: string,
    receiving: Promise<ReceivedImage>,
  ): Promise<ReceivedImage> {
    try {
      const image = await receiving;
      this.taken.push(image);
      return image;
    } catch (error) {
      throw toUploadProblem(error, role, param);
    }
  }
}

function refuseStrangeForm({ headers }: Request): void {
  if (headers['content-encoding'] && headers['content-encoding'] !== 'identity') {
    throw new DomainError('unsupported_media_type', 'Compressed bodies are not accepted.');
  }
  if (BOUNDARY.test(headers['content-type'] ?? '')) return;
  throw new DomainError('invalid_value', 'The form has no usable boundary.');
}

function unfetched(param: string): DomainError {
  return invalidValue(param, `The image at '${param}' could not be fetched.`);
}

function clientLeft(): DomainError {
  return new DomainError('invalid_value', 'The connection ended before the answer.');
}
