import { Injectable } from '@nestjs/common';
import type { Caller } from '../../api-keys/index.js';
import { ceilCredits, floorCredits } from '../../common/credits.js';
import type { JsonObject } from '../../common/strict-json.js';
import { CreditsService } from '../../credits/index.js';
import type { RelayCommand } from '../../relay/index.js';
import {
  Acceptance,
  fingerprint,
  ImageCommands,
  succeededOrThrow,
} from '../../surface-kit/index.js';
import { readGenerateImage } from './generate-image.reader.js';
import { type Exchange, ImageAnswers } from './image-answers.service.js';
import { SURFACE } from './vocabulary.js';

const ROUTE = '/api/v1/images/generate';

/** Turns a request into a generation, waits for it, and answers with its picture and price. */
@Injectable()
export class GenerateImageService {
  constructor(
    private readonly commands: ImageCommands,
    private readonly acceptance: Acceptance,
    private readonly answers: ImageAnswers,
    private readonly credits: CreditsService,
  ) {}

  async generate(caller: Caller, body: JsonObject, exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const accepted = await this.acceptance.accept(response, this.toCommand(caller, body, request));
    const generation = succeededOrThrow(await this.acceptance.wait(accepted));
    const { available } = await this.credits.balance(caller.accountId);
    const credits = {
      charged: ceilCredits(generation.receipt.captured),
      remaining: floorCredits(available),
    };
    await this.answers.withBytes(response, generation, { credits });
  }

  private toCommand(caller: Caller, body: JsonObject, request: Exchange['request']): RelayCommand {
    const { styleFrom, ...asked } = readGenerateImage(body);
    const identity = { method: 'POST', route: ROUTE, profile: SURFACE, body };
    const command = this.commands.toCommand(
      {
        caller,
        surface: SURFACE,
        profile: caller.profile,
        visibility: 'private',
        asked,
        fingerprint: fingerprint(identity),
        waits: true,
      },
      request,
    );
    if (styleFrom === undefined) return command;
    return { ...command, request: { ...command.request, styleFrom } };
  }
}
