import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Caller } from '../../api-keys/index.js';
import { DomainError } from '../../common/domain-error.js';
import type { JsonObject } from '../../common/strict-json.js';
import {
  type Accepted,
  type Generation,
  type RelayCommand,
  RelayService,
} from '../../relay/index.js';
import {
  Acceptance,
  type AskedImages,
  EditUploads,
  fingerprint,
  ImageCommands,
  type KeptInput,
} from '../../surface-kit/index.js';
import { type CreateTask, MAX_PROMPT } from './create-task.dto.js';
import { readCreateTask } from './create-task.reader.js';
import { PREFIX } from './prefix.js';
import { TaskCredits } from './task-credits.service.js';

/** This API makes pictures with one model. */
const MODEL = 'gpt-image-2';
const SURFACE = 'open-tasks';
const ROUTE = `${PREFIX}/images/generations`;

/** One HTTP request and the answer to it. */
export interface Exchange {
  readonly request: Request;
  readonly response: Response;
}

/** Turns a create request into a generation that goes on by itself. */
@Injectable()
export class CreateTaskService {
  constructor(
    private readonly commands: ImageCommands,
    private readonly acceptance: Acceptance,
    private readonly credits: TaskCredits,
    private readonly uploads: EditUploads,
    private readonly relay: RelayService,
  ) {}

  /** What is asked of a request here, in this order: its body, its price, its reference images. */
  async create(caller: Caller, body: JsonObject, exchange: Exchange): Promise<Generation> {
    const asked = readCreateTask(body);
    const command = this.commands.toCommand(toImages(caller, asked, body), exchange.request);
    if (asked.images.length === 0) return this.submit(command, exchange);
    await this.credits.refuseUnpayable(caller, command);
    const inputs = await this.fetch(caller, asked.images, exchange);
    return this.submit({ ...command, request: { ...command.request, inputs } }, exchange);
  }

  /**
   * Makes the images at these addresses assets of the account, in their order.
   *
   * @throws DomainError `invalid_value` with one text for whatever stands at an address
   */
  private async fetch(
    caller: Caller,
    urls: readonly string[],
    { request, response }: Exchange,
  ): Promise<KeptInput[]> {
    const reading = this.uploads.begin(caller, request, response);
    const images = urls.map((url, i) => ({ kind: 'url' as const, url, param: `images[${i}]` }));
    try {
      return await reading.keep(caller, { fields: {}, images, mask: null, imagesParam: 'images' });
    } finally {
      await reading.end();
    }
  }

  private async submit(command: RelayCommand, { response }: Exchange): Promise<Generation> {
    const { generationId } = await this.accept(response, command);
    const generation = await this.relay.find(command.accountId, generationId);
    if (generation === null) throw new Error(`generation ${generationId} is gone`);
    return generation;
  }

  private async accept(response: Response, command: RelayCommand): Promise<Accepted> {
    try {
      return await this.acceptance.accept(response, command);
    } catch (error) {
      const unpaid = error instanceof DomainError && error.code === 'insufficient_credits';
      throw unpaid ? await this.credits.refusal(command) : error;
    }
  }
}

/** @param body as it was sent, for recognising it when it comes again */
function toImages(caller: Caller, asked: CreateTask, body: JsonObject): AskedImages {
  const { prompt, images, visibility, aspect_ratio: aspectRatio, resolution } = asked;
  const isEdit = images.length > 0;
  return {
    caller,
    surface: SURFACE,
    profile: SURFACE,
    visibility,
    asked: {
      parameters: {
        model: MODEL,
        operation: isEdit ? 'edit' : 'generate',
        prompt,
        aspectRatio,
        resolution,
        ...(isEdit && { inputImages: images.length }),
      },
      options: {
        strict: true,
        wireNames: { inputImages: 'images' },
        promptMax: MAX_PROMPT,
        capTier: resolution,
      },
    },
    fingerprint: fingerprint({ method: 'POST', route: ROUTE, profile: SURFACE, body }),
    waits: false,
  };
}
