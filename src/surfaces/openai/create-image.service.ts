import { Injectable } from '@nestjs/common';
import type { Caller } from '../../api-keys/index.js';
import type { JsonObject } from '../../common/strict-json.js';
import { aliasOf } from '../../surface-kit/index.js';
import { readCreateImage } from './create-image.reader.js';
import type { Exchange } from './image-answers.service.js';
import { ImageRequests } from './image-requests.service.js';
import { PROFILES } from './profile.js';

const ROUTE = '/v1/images/generations';

/** Turns a create request into a generation, waits for it, and answers with its pictures. */
@Injectable()
export class CreateImageService {
  constructor(private readonly requests: ImageRequests) {}

  async create(caller: Caller, body: JsonObject, exchange: Exchange): Promise<void> {
    const profile = aliasOf(exchange.request) ?? caller.profile;
    const asked = readCreateImage(body, PROFILES[profile]);
    await this.requests.make({ caller, profile, asked, route: ROUTE, identity: body }, exchange);
  }
}
