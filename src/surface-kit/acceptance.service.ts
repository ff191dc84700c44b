import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { DomainError } from '../common/domain-error.js';
import { Env } from '../config/index.js';
import { type Accepted, type Generation, type RelayCommand, RelayService } from '../relay/index.js';
import { watchAnswer } from './watch-answer.js';
import { waitForAnswer } from './waiting.js';

/** Hands commands to the relay for a client that waits on a connection. */
@Injectable()
export class Acceptance {
  constructor(
    private readonly relay: RelayService,
    private readonly env: Env,
  ) {}

  /**
   * Accepts and names the generation as early as possible, so that whoever loses
   * the answer can still find the pictures. From here on a lost answer is noted.
   */
  async accept(response: Response, command: RelayCommand): Promise<Accepted> {
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
   * Waits as long as the server does.
   *
   * @throws DomainError `generation_in_progress`; a repeat may then have the answer
   */
  async wait(accepted: Accepted): Promise<Generation> {
    try {
      return await waitForAnswer(accepted, this.env.ANSWER_DEADLINE_SECONDS);
    } catch (error) {
      if (error instanceof DomainError) this.relay.answerLost(accepted);
      throw error;
    }
  }
}
