import { Injectable } from '@nestjs/common';
import type { Caller } from '../../../api-keys/index.js';
import {
  EditAdmission,
  EditUploads,
  type Exchange,
  identityOf,
  PLAIN_EDIT,
} from '../../../surface-kit/index.js';
import { readEditRequest } from './edit-request.reader.js';
import { ImageMaking, type ImageRequest } from './image-making.service.js';

/** Turns an edit into a generation, and answers with its images or its id. */
@Injectable()
export class ImageEditing {
  constructor(
    private readonly admission: EditAdmission,
    private readonly uploads: EditUploads,
    private readonly making: ImageMaking,
  ) {}

  /** Whoever could not pay for any edit is told before his images are read. */
  async edit(
    caller: Caller,
    how: Pick<ImageRequest, 'route' | 'isAsync'>,
    exchange: Exchange,
  ): Promise<void> {
    const { request, response } = exchange;
    await this.admission.admit(caller, request);
    const reading = this.uploads.begin(caller, request, response, PLAIN_EDIT);
    try {
      const upload = await reading.read();
      const keepInputs = async () => {
        const inputs = await reading.keep(caller, upload);
        await reading.end();
        return inputs;
      };
      const made = { caller, asked: readEditRequest(upload), identity: identityOf(upload) };
      await this.making.make({ ...made, ...how, keepInputs }, exchange);
    } finally {
      await reading.end();
    }
  }
}
