import { Injectable } from '@nestjs/common';
import type { Caller } from '../../api-keys/index.js';
import type { JsonObject } from '../../common/strict-json.js';
import { Env } from '../../config/index.js';
import {
  aliasOf,
  fingerprint,
  preferenceOf,
  setIgnoredParameters,
} from '../../surface-kit/index.js';
import { readCreateImage } from './create-image.reader.js';
import type { Exchange } from './image-answers.service.js';
import { ImageCommands } from './image-commands.service.js';
import { PROFILES } from './profile.js';
import { Submission } from './submission.service.js';

const ROUTE = '/v1/images/generations';

/** Turns a create request into a generation, waits for it, and answers with its pictures. */
@Injectable()
export class CreateImageService {
  constructor(
    private readonly commands: ImageCommands,
    private readonly submission: Submission,
    private readonly env: Env,
  ) {}

  async create(caller: Caller, body: JsonObject, exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const profile = aliasOf(request) ?? caller.profile;
    const asked = readCreateImage(body, PROFILES[profile]);
    const preference = preferenceOf(request, this.env.ANSWER_DEADLINE_SECONDS);
    const print = fingerprint({ method: 'POST', route: ROUTE, profile, body });
    const images = {
      caller,
      profile,
      asked,
      fingerprint: print,
      waits: asked.stream || !preference.async,
    };
    const command = this.commands.toCommand(images, exchange);
    setIgnoredParameters(response, [...command.request.ignored, ...asked.ignored]);
    const { format, stream } = asked;
    const shape = { format, stream, profile: PROFILES[profile], preference };
    await this.submission.submit(exchange, command, shape);
  }
}
