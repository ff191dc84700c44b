import { Injectable } from '@nestjs/common';
import { DomainError } from '../../common/domain-error.js';
import { Env } from '../../config/index.js';
import {
  type Accepted,
  type Generation,
  hasEnded,
  type RelayCommand,
  RelayService,
} from '../../relay/index.js';
import {
  type Preference,
  succeededOrThrow,
  waitForAnswer,
  watchAnswer,
} from '../../surface-kit/index.js';
import { type Exchange, ImageAnswers } from './image-answers.service.js';
import { ImageStream } from './image-stream.service.js';
import type { ProfileRules, ResponseFormat } from './profile.js';

/** How the answer is to look. */
export interface AnswerShape {
  readonly format: ResponseFormat;
  /** As events, whatever the preference. */
  readonly stream: boolean;
  readonly profile: ProfileRules;
  readonly preference: Preference;
}

/** Hands a command to the relay and answers with what becomes of it, as the client prefers. */
@Injectable()
export class Submission {
  constructor(
    private readonly relay: RelayService,
    private readonly answers: ImageAnswers,
    private readonly streaming: ImageStream,
    private readonly env: Env,
  ) {}

  async submit(exchange: Exchange, command: RelayCommand, shape: AnswerShape): Promise<void> {
    const accepted = await this.accept(exchange, command);
    if (shape.stream) return this.streaming.answer(exchange, accepted, command, shape.profile);
    const { applied, async } = shape.preference;
    if (applied) exchange.response.setHeader('Preference-Applied', applied);
    const ended = async ? null : await this.wait(accepted, shape.preference);
    const generation = ended ?? (await this.stateOf(command, accepted));
    if (hasEnded(generation.status)) {
      const { format, profile } = shape;
      return this.answers.created(exchange, succeededOrThrow(generation), format, profile);
    }
    if (async) refuseSecondStart(command, accepted);
    else this.relay.answeredWithId(accepted);
    await this.answers.accepted(exchange, generation);
  }

  /**
   * Accepts and names the generation as early as possible, so that whoever loses
   * the answer can still find the pictures. From here on a lost answer is noted.
   */
  async accept({ response }: Exchange, command: RelayCommand): Promise<Accepted> {
    const accepted = await this.relay.accept(command);
    watchAnswer(response, {
      lost: () => this.relay.answerLost(accepted),
      doubtful: () => this.relay.answerDoubtful(command, accepted),
    });
    response.setHeader('x-generation-id', accepted.generationId);
    if (accepted.demo) response.setHeader('x-easel-demo', '1');
    if (accepted.origin === 'replayed') response.setHeader('Idempotent-Replayed', 'true');
    return accepted;
  }

  /**
   * @returns null when the client's own patience is over
   * @throws DomainError `generation_in_progress` when the server's is
   */
  private async wait(accepted: Accepted, { waitSeconds }: Preference): Promise<Generation | null> {
    try {
      return await waitForAnswer(accepted, waitSeconds ?? this.env.ANSWER_DEADLINE_SECONDS);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (waitSeconds !== null) return null;
      this.relay.answerLost(accepted);
      throw error;
    }
  }

  private async stateOf({ accountId }: RelayCommand, accepted: Accepted): Promise<Generation> {
    const generation = await this.relay.find(accountId, accepted.generationId);
    if (generation === null) throw new Error(`generation ${accepted.generationId} is gone`);
    return generation;
  }
}

/** By key and by id, and still running: the first request was given the id already. */
function refuseSecondStart({ idempotencyKey }: RelayCommand, accepted: Accepted): void {
  const { origin, generationId } = accepted;
  if (idempotencyKey === null || origin === 'new') return;
  throw new DomainError('idempotency_in_progress', 'The first request is still running.', {
    generationId,
    retryAfterSeconds: 1,
  });
}
