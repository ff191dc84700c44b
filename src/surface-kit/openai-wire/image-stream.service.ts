import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { DomainError } from '../../common/domain-error.js';
import { Env } from '../../config/index.js';
import {
  type Accepted,
  type Generation,
  type RelayCommand,
  RelayService,
} from '../../relay/index.js';
import { AssetStore } from '../../storage/index.js';
import { EventStream } from '../event-stream.js';
import { type SurfaceFailure, toFailure } from '../failure.js';
import { logFailure } from '../failure-log.js';
import { openAiErrorType } from '../open-ai-error.filter.js';
import { succeededOrThrow, waitForAnswer } from '../waiting.js';
import { besideImage, besidePreview, eventType } from './image-events.mapper.js';
import { refuseDeleted, visible } from './images.mapper.js';
import { markProcessed } from './open-ai-headers.interceptor.js';

/** What a surface says in its own way beside the pictures and of a failure. */
export interface StreamWords {
  /** Stands beside every whole image. */
  besideImage(generation: Generation): Readonly<Record<string, unknown>>;
  /** The public text of a failure. */
  messageOf(failure: SurfaceFailure): string;
}

/** The headers of a stream have left: the id is all that leads back to what still runs. */
export function streamMessage({ code, message, generationId }: SurfaceFailure): string {
  return code === 'generation_in_progress' ? `${message} Its id is ${generationId}.` : message;
}

/**
 * Answers with OpenAI's events: previews as they come, each image from its
 * stored file when the whole generation has been settled, a failure as an
 * `error` event when its credits have been released.
 */
@Injectable()
export class ImageStream {
  constructor(
    private readonly relay: RelayService,
    private readonly store: AssetStore,
    private readonly env: Env,
  ) {}

  /** Never rejects: what goes wrong from here on is an event. */
  async answer(
    response: Response,
    accepted: Accepted,
    { request }: RelayCommand,
    words: StreamWords,
  ): Promise<void> {
    markProcessed(response);
    const events = EventStream.begin(response);
    const { previews } = accepted;
    void events.left.then(() => previews?.close());
    try {
      const ended = this.wait(accepted);
      // It may fail while a preview is still on its way to a slow client.
      ended.catch(() => undefined);
      await sendPreviews(events, accepted, request);
      const generation = await Promise.race([ended, events.left]);
      if (generation) await this.sendImages(events, generation, words);
    } catch (error) {
      await this.sendFailure(events, error, words);
    } finally {
      previews?.close();
      events.end();
    }
  }

  /**
   * No preview is waited for when the wait is over.
   *
   * @throws DomainError `generation_in_progress`, or what the generation failed with
   */
  private async wait(accepted: Accepted): Promise<Generation> {
    let generation: Generation;
    try {
      generation = await waitForAnswer(accepted, this.env.ANSWER_DEADLINE_SECONDS);
    } catch (error) {
      if (isStillRunning(error)) this.relay.answerLost(accepted);
      accepted.previews?.close();
      throw error;
    }
    return succeededOrThrow(generation);
  }

  private async sendImages(
    events: EventStream,
    generation: Generation,
    words: StreamWords,
  ): Promise<void> {
    const type = eventType(generation.request, 'completed');
    const more = words.besideImage(generation);
    refuseDeleted(generation.images);
    for (const [place, asset] of visible(generation.images).entries()) {
      if (events.isLeft) return;
      const file = await this.store.lend(asset);
      await events.sendFile(type, file, () => ({
        ...besideImage(generation, asset, place),
        ...more,
      }));
    }
  }

  private async sendFailure(
    events: EventStream,
    error: unknown,
    words: StreamWords,
  ): Promise<void> {
    const failure = toFailure(error);
    logFailure(failure, error);
    const { code, param, status } = failure;
    const message = words.messageOf(failure);
    const type = openAiErrorType(code, status);
    await events.send('error', { error: { message, type, param, code } });
  }
}

async function sendPreviews(
  events: EventStream,
  { previews }: Accepted,
  request: RelayCommand['request'],
): Promise<void> {
  const type = eventType(request, 'partial_image');
  for await (const preview of previews ?? []) {
    await events.sendImage(type, preview.base64, () => besidePreview(request, preview));
    if (events.isLeft) return;
  }
}

function isStillRunning(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'generation_in_progress';
}
