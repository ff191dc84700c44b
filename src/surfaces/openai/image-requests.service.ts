import { Injectable } from '@nestjs/common';
import type { Caller, Profile } from '../../api-keys/index.js';
import type { JsonObject } from '../../common/strict-json.js';
import { Env } from '../../config/index.js';
import type { RequestInput } from '../../models/index.js';
import {
  fingerprint,
  ImageCommands,
  preferenceOf,
  setIgnoredParameters,
} from '../../surface-kit/index.js';
import type { CreateImage } from './create-image.reader.js';
import type { Exchange } from './image-answers.service.js';
import { PROFILES } from './profile.js';
import { Submission } from './submission.service.js';

/** A request for images that was read. */
export interface ImageRequest {
  readonly caller: Caller;
  readonly profile: Profile;
  readonly asked: CreateImage;
  /** As documented: alias and trailing slash folded away. */
  readonly route: string;
  /** What makes it the same request when it comes again. */
  readonly identity: JsonObject;
  /** Makes the images of an edit assets, once everything else about it is sound. */
  readonly keepInputs?: () => Promise<readonly RequestInput[]>;
}

/** Turns what was read into a generation, and answers with what becomes of it. */
@Injectable()
export class ImageRequests {
  constructor(
    private readonly commands: ImageCommands,
    private readonly submission: Submission,
    private readonly env: Env,
  ) {}

  async make(made: ImageRequest, exchange: Exchange): Promise<void> {
    const { caller, profile, asked, route, identity } = made;
    const preference = preferenceOf(exchange.request, this.env.ANSWER_DEADLINE_SECONDS);
    const images = {
      caller,
      surface: 'openai',
      profile,
      visibility: 'private' as const,
      asked,
      fingerprint: fingerprint({ method: 'POST', route, profile, body: identity }),
      waits: asked.stream || !preference.async,
    };
    const command = this.commands.toCommand(images, exchange.request);
    setIgnoredParameters(exchange.response, [...command.request.ignored, ...asked.ignored]);
    const inputs = await made.keepInputs?.();
    const request = inputs ? { ...command.request, inputs } : command.request;
    const { format, stream } = asked;
    const shape = { format, stream, profile: PROFILES[profile], preference };
    await this.submission.submit(exchange, { ...command, request }, shape);
  }
}
