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
    nameGeneration(response, accepted);
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

/** Where the headers of a stream are under way already, its events name the generation. */
function nameGeneration(response: Response, { generationId, demo, origin }: Accepted): void {
  if (response.headersSent) return;
  response.setHeader('x-generation-id', generationId);
  if (demo) response.setHeader('x-easel-demo', '1');
  if (origin === 'replayed') response.setHeader('Idempotent-Replayed', 'true');
}
