import { Injectable } from '@nestjs/common';
import { DomainError } from '../../common/domain-error.js';
import {
  type Accepted,
  type Generation,
  hasEnded,
  type RelayCommand,
  RelayService,
} from '../../relay/index.js';
import {
  Acceptance,
  ImageStream,
  type Preference,
  type ResponseFormat,
  streamMessage,
  type StreamWords,
  succeededOrThrow,
  waitForAnswer,
} from '../../surface-kit/index.js';
import { type Exchange, ImageAnswers } from './image-answers.service.js';
import type { ProfileRules } from './profile.js';

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
    private readonly acceptance: Acceptance,
    private readonly answers: ImageAnswers,
    private readonly streaming: ImageStream,
  ) {}

  async submit(exchange: Exchange, command: RelayCommand, shape: AnswerShape): Promise<void> {
    const accepted = await this.acceptance.accept(exchange.response, command);
    if (shape.stream) {
      const words = wordsOf(shape.profile);
      return this.streaming.answer(exchange.response, accepted, command, words);
    }
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
   * @returns null when the client's own patience is over
   * @throws DomainError `generation_in_progress` when the server's is
   */
  private async wait(accepted: Accepted, { waitSeconds }: Preference): Promise<Generation | null> {
    if (waitSeconds === null) return this.acceptance.wait(accepted);
    try {
      return await waitForAnswer(accepted, waitSeconds);
    } catch (error) {
      if (error instanceof DomainError) return null;
      throw error;
    }
  }

  private async stateOf({ accountId }: RelayCommand, accepted: Accepted): Promise<Generation> {
    const generation = await this.relay.find(accountId, accepted.generationId);
    if (generation === null) throw new Error(`generation ${accepted.generationId} is gone`);
    return generation;
  }
}

function wordsOf({ namesGeneration }: ProfileRules): StreamWords {
  return {
    besideImage: ({ id }) => (namesGeneration ? { aiimg_generation_id: id } : {}),
    messageOf: streamMessage,
  };
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
