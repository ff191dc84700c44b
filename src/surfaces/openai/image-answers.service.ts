import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Generation } from '../../relay/index.js';
import type { Asset } from '../../storage/index.js';
import {
  aliasPrefix,
  ImageSender,
  refuseDeleted,
  type ResponseFormat,
  toImagesResponse,
  type ToImage,
  visible,
} from '../../surface-kit/index.js';
import type { GenerationDto } from './generation.dto.js';
import { toGeneration } from './images.mapper.js';
import type { ProfileRules } from './profile.js';

/** Answers with pictures: as links, or as base64 encoded from the stored files on the way out. */
@Injectable()
export class ImageAnswers {
  constructor(private readonly sender: ImageSender) {}

  /** OpenAI's answer to a create request. */
  created(
    { request, response }: Exchange,
    generation: Generation,
    format: ResponseFormat,
    profile: ProfileRules,
  ): Promise<void> {
    const { images, request: asked } = generation;
    refuseDeleted(images);
    response.setHeader('x-images-delivered', `${images.length}/${asked.count}`);
    response.status(200);
    return this.send({ request, response }, generation, format, (toImage) => ({
      ...toImagesResponse(generation, toImage),
      ...(profile.namesGeneration ? { aiimg_generation_id: generation.id } : {}),
    }));
  }

  /** 202: the state, where it will be found, and when it is worth a look. */
  accepted({ request, response }: Exchange, generation: Generation): Promise<void> {
    response.setHeader('Location', `${aliasPrefix(request)}/v1/images/${generation.id}`);
    response.setHeader('Retry-After', String(lookAgainSeconds(generation)));
    response.status(202);
    return this.state({ request, response }, generation, 'url');
  }

  /** The states of several, with links to the pictures that are left. */
  async states(
    { request }: Exchange,
    generations: readonly Generation[],
  ): Promise<GenerationDto[]> {
    const left = generations.map(({ images }) => images.filter(isThere));
    const urls = await this.sender.urlsOf(left.flat(), request);
    return generations.map((generation, i) =>
      toGeneration({ ...generation, images: left[i] }, (asset) => ({ url: urls.get(asset) })),
    );
  }

  /** The state of a generation, with its pictures once it succeeded. */
  state(exchange: Exchange, generation: Generation, format: ResponseFormat): Promise<void> {
    return this.send(exchange, generation, format, (toImage) => toGeneration(generation, toImage));
  }

  private send(
    exchange: Exchange,
    { images }: Generation,
    format: ResponseFormat,
    toBody: (toImage: ToImage) => object,
  ): Promise<void> {
    return this.sender.send(exchange, { assets: visible(images), format }, toBody);
  }
}

function isThere({ deletedAt, removedAt }: Asset): boolean {
  return deletedAt === null && removedAt === null;
}

/** When the queue says nothing: often enough for a picture of seconds, seldom enough for minutes. */
const LOOK_AGAIN_SECONDS = 2;
const LONGEST_PAUSE_SECONDS = 60;

function lookAgainSeconds({ queue }: Generation): number {
  const seconds = queue?.estimateSeconds ?? LOOK_AGAIN_SECONDS;
  return Math.min(Math.max(seconds, 1), LONGEST_PAUSE_SECONDS);
}

/** One HTTP request and the answer to it. */
export interface Exchange {
  readonly request: Request;
  readonly response: Response;
}
