import { Injectable } from '@nestjs/common';
import type { Caller } from '../../api-keys/index.js';
import { aliasOf, EditAdmission, EditUploads, identityOf } from '../../surface-kit/index.js';
import { readEditImage } from './edit-image.reader.js';
import type { Exchange } from './image-answers.service.js';
import { ImageRequests } from './image-requests.service.js';
import { PROFILES } from './profile.js';

const ROUTE = '/v1/images/edits';

/** Turns an edit into a generation, waits for it, and answers with its pictures. */
@Injectable()
export class EditImageService {
  constructor(
    private readonly admission: EditAdmission,
    private readonly uploads: EditUploads,
    private readonly requests: ImageRequests,
  ) {}

  /** Whoever could not pay for any edit is told before his images are read. */
  async edit(caller: Caller, exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    await this.admission.admit(caller, request);
    const reading = this.uploads.begin(caller, request, response);
    try {
      const upload = await reading.read();
      const profile = aliasOf(request) ?? caller.profile;
      const asked = readEditImage(upload, PROFILES[profile]);
      const keepInputs = async () => {
        const inputs = await reading.keep(caller, upload);
        await reading.end();
        return inputs;
      };
      const identity = identityOf(upload);
      await this.requests.make(
        { caller, profile, asked, route: ROUTE, identity, keepInputs },
        exchange,
      );
    } finally {
      await reading.end();
    }
  }
}
