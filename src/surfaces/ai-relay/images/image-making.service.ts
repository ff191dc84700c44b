import { Injectable } from '@nestjs/common';
import type { Caller } from '../../../api-keys/index.js';
import type { JsonObject } from '../../../common/strict-json.js';
import type { RequestInput } from '../../../models/index.js';
import type { Generation, RelayCommand } from '../../../relay/index.js';
import {
  Acceptance,
  type Exchange,
  fingerprint,
  ImageCommands,
  ImageSender,
  refuseDeleted,
  type ResponseFormat,
  setIgnoredParameters,
  succeededOrThrow,
  visible,
} from '../../../surface-kit/index.js';
import { envelopeOf } from '../envelope/envelope.js';
import { SURFACE } from '../prefix.js';
import { toImageData } from './image-data.mapper.js';
import type { AskedImage } from './image-request.reader.js';

/** A request for images that was read. */
export interface ImageRequest {
  readonly caller: Caller;
  readonly asked: AskedImage;
  readonly route: string;
  /** What makes it the same request when it comes again. */
  readonly identity: JsonObject;
  /** Answered with the id at once, instead of the images. */
  readonly isAsync: boolean;
  /** Makes the images of an edit assets, once everything else about it is sound. */
  readonly keepInputs?: () => Promise<readonly RequestInput[]>;
}

/** Turns what was read into a generation, and answers with its images or its id. */
@Injectable()
export class ImageMaking {
  constructor(
    private readonly commands: ImageCommands,
    private readonly acceptance: Acceptance,
    private readonly sender: ImageSender,
  ) {}

  async make(made: ImageRequest, exchange: Exchange): Promise<void> {
    const { response } = exchange;
    const command = await this.toCommand(made, exchange);
    const accepted = await this.acceptance.accept(response, command);
    if (made.isAsync) {
      const task = { logId: accepted.generationId, status: 'generating' };
      response.json(envelopeOf(exchange.request, task));
      return;
    }
    const generation = succeededOrThrow(await this.acceptance.wait(accepted));
    await this.answer(exchange, generation, made.asked.format);
  }

  private async toCommand(made: ImageRequest, exchange: Exchange): Promise<RelayCommand> {
    const { caller, asked, route, identity, isAsync } = made;
    const command = this.commands.toCommand(
      {
        caller,
        surface: SURFACE,
        profile: SURFACE,
        visibility: 'private',
        asked,
        fingerprint: fingerprint({ method: 'POST', route, profile: SURFACE, body: identity }),
        waits: !isAsync,
      },
      exchange.request,
    );
    setIgnoredParameters(exchange.response, [...command.request.ignored, ...asked.ignored]);
    const inputs = await made.keepInputs?.();
    return inputs ? { ...command, request: { ...command.request, inputs } } : command;
  }

  private answer(exchange: Exchange, generation: Generation, format: ResponseFormat) {
    const { images, request } = generation;
    refuseDeleted(images);
    exchange.response.setHeader('x-images-delivered', `${images.length}/${request.count}`);
    return this.sender.send(exchange, { assets: visible(images), format }, (toImage) =>
      envelopeOf(exchange.request, toImageData(generation, toImage)),
    );
  }
}
