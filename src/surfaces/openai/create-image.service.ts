import { Injectable } from '@nestjs/common';
import { AdmissionService } from '../../admission/index.js';
import type { Caller } from '../../api-keys/index.js';
import type { JsonObject } from '../../common/strict-json.js';
import { Env } from '../../config/index.js';
import { CatalogService } from '../../models/index.js';
import { currentRequestId } from '../../observability/request-context.js';
import {
  type Accepted,
  type Generation,
  type RelayCommand,
  RelayService,
} from '../../relay/index.js';
import {
  aliasOf,
  fingerprint,
  idempotencyKeyOf,
  setIgnoredParameters,
  succeededOrThrow,
  waitForAnswer,
} from '../../surface-kit/index.js';
import { type CreateImage, readCreateImage } from './create-image.reader.js';
import { type Exchange, ImageAnswers } from './image-answers.service.js';
import { PROFILES } from './profile.js';

const ROUTE = '/v1/images/generations';

/** Turns a create request into a generation, waits for it, and answers with its pictures. */
@Injectable()
export class CreateImageService {
  constructor(
    private readonly admission: AdmissionService,
    private readonly catalog: CatalogService,
    private readonly relay: RelayService,
    private readonly answers: ImageAnswers,
    private readonly env: Env,
  ) {}

  async create(caller: Caller, body: JsonObject, exchange: Exchange): Promise<void> {
    const profile = aliasOf(exchange.request) ?? caller.profile;
    const asked = readCreateImage(body, PROFILES[profile]);
    const command = this.toCommand(caller, profile, asked, body, exchange);
    const { ignored } = command.request;
    setIgnoredParameters(exchange.response, [...ignored, ...asked.ignored]);
    const accepted = await this.relay.accept(command);
    nameGeneration(exchange, accepted);
    const generation = await this.wait(accepted);
    await this.answers.created(exchange, generation, asked.format, PROFILES[profile]);
  }

  private toCommand(
    caller: Caller,
    profile: Caller['profile'],
    asked: CreateImage,
    body: JsonObject,
    { request }: Exchange,
  ): RelayCommand {
    const resolved = this.catalog.resolveRequest(asked.parameters, asked.options);
    this.admission.allowModel(caller, resolved.model, this.aliasesOf(resolved.model));
    return {
      accountId: caller.accountId,
      apiKeyId: caller.keyId,
      mode: caller.mode,
      priceFactor: caller.priceFactor,
      caps: this.admission.caps(caller),
      surface: 'openai',
      profile,
      visibility: 'private',
      request: resolved,
      fingerprint: fingerprint({ method: 'POST', route: ROUTE, profile, body }),
      idempotencyKey: idempotencyKeyOf(request),
      requestId: currentRequestId() ?? '',
    };
  }

  private aliasesOf(model: string): readonly string[] {
    return this.catalog.current().catalog.find(model)?.aliases ?? [];
  }

  private async wait(accepted: Accepted): Promise<Generation> {
    return succeededOrThrow(await waitForAnswer(accepted, this.env.ANSWER_DEADLINE_SECONDS));
  }
}

/** As early as possible, so that whoever loses the answer can still find the pictures. */
function nameGeneration({ response }: Exchange, accepted: Accepted): void {
  response.setHeader('x-generation-id', accepted.generationId);
  if (accepted.demo) response.setHeader('x-easel-demo', '1');
  if (accepted.origin === 'replayed') response.setHeader('Idempotent-Replayed', 'true');
}
