import { Injectable } from '@nestjs/common';
import type { Caller } from '../../../api-keys/index.js';
import type { JsonObject } from '../../../common/strict-json.js';
import { type Generation, type RelayCommand, RelayService } from '../../../relay/index.js';
import {
  Acceptance,
  type Exchange,
  fingerprint,
  ImageCommands,
  ImageSender,
  ImageStream,
  refuseDeleted,
  type ResponseFormat,
  setIgnoredParameters,
  succeededOrThrow,
  toImagesResponse,
  visible,
} from '../../../surface-kit/index.js';
import { languageOf } from '../messages/language.js';
import { messageOf } from '../messages/messages.js';
import { SURFACE } from '../prefix.js';
import { type NativeImage, readNativeImage, splitExtras } from './native-image.reader.js';

const ROUTE = '/api/ai/images/generations';

/** Makes images and answers as OpenAI does, with the upstream's own links where they may be shown. */
@Injectable()
export class NativeImages {
  constructor(
    private readonly commands: ImageCommands,
    private readonly relay: RelayService,
    private readonly acceptance: Acceptance,
    private readonly streaming: ImageStream,
    private readonly sender: ImageSender,
  ) {}

  async create(caller: Caller, body: JsonObject, exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const asked = readNativeImage(body);
    const command = this.toCommand(caller, body, asked, exchange);
    const accepted = await this.acceptance.accept(response, command);
    if (!asked.stream) {
      const generation = succeededOrThrow(await this.acceptance.wait(accepted));
      return this.answer(exchange, generation, asked.format);
    }
    const language = languageOf(request);
    await this.streaming.answer(response, accepted, command, {
      besideImage: () => ({}),
      messageOf: (failure) => messageOf(failure, language),
    });
  }

  private toCommand(
    caller: Caller,
    body: JsonObject,
    asked: NativeImage,
    { request, response }: Exchange,
  ): RelayCommand {
    const command = this.commands.toCommand(
      {
        caller,
        surface: SURFACE,
        profile: SURFACE,
        visibility: 'private',
        asked,
        fingerprint: fingerprint({ method: 'POST', route: ROUTE, profile: SURFACE, body }),
        waits: true,
      },
      request,
    );
    const { model, operation } = command.request;
    const passable = this.relay.passableParams({ model, operation, mode: command.mode });
    const extras = splitExtras(asked.extras, passable);
    const ignored = [...command.request.ignored, ...asked.ignored, ...extras.dropped];
    setIgnoredParameters(response, ignored);
    if (Object.keys(extras.passed).length === 0) return command;
    return { ...command, request: { ...command.request, extras: extras.passed } };
  }

  private answer(exchange: Exchange, generation: Generation, format: ResponseFormat) {
    const { images, request } = generation;
    refuseDeleted(images);
    exchange.response.setHeader('x-images-delivered', `${images.length}/${request.count}`);
    return this.sender.send(exchange, { assets: visible(images), format }, (toImage) =>
      toImagesResponse(generation, (asset) =>
        format === 'url' && asset.sourceUrl !== null ? { url: asset.sourceUrl } : toImage(asset),
      ),
    );
  }
}
