import { Injectable } from '@nestjs/common';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { parseCredits } from '../../common/credits.js';
import { DomainError, notFound } from '../../common/domain-error.js';
import { Env } from '../../config/index.js';
import { type Generation, type RelayCommand, RelayService } from '../../relay/index.js';
import { Acceptance, succeededOrThrow } from '../../surface-kit/index.js';
import { GenerationAnswers } from './generation-answers.service.js';
import { waitPatiently } from './patience.js';
import type { ToolCall } from './tool.js';

/** Hands a command to the relay, and answers with the pictures or, before clients give up, with the id. */
@Injectable()
export class McpSubmission {
  constructor(
    private readonly relay: RelayService,
    private readonly acceptance: Acceptance,
    private readonly answers: GenerationAnswers,
    private readonly env: Env,
  ) {}

  /** @throws DomainError what refused it, or what it failed by */
  async submit(command: RelayCommand, call: ToolCall): Promise<CallToolResult> {
    const accepted = await this.acceptance
      .accept(call.response, command)
      .catch((error: unknown) => refuse(error, command, call));
    const { generationId, ended } = accepted;
    await call.progress.tell(`Accepted: get_image with id ${generationId} has it, come what may.`);
    const generation = await waitPatiently(ended, call, this.env.ANSWER_DEADLINE_SECONDS);
    if (generation) return this.answers.answer(succeededOrThrow(generation), call);
    // Whoever left was given nothing: a repeat is to find it.
    if (!call.signal.aborted) this.relay.answeredWithId(accepted);
    return this.answers.answer(await this.stateOf(command, generationId), call);
  }

  /**
   * The state of a generation of the account, its end if that comes while the client waits.
   *
   * @param id undefined: the newest, for whoever gave a call up before it named one
   * @throws DomainError `not_found` for missing, malformed and foreign ids alike
   */
  async find(id: string | undefined, call: ToolCall): Promise<CallToolResult> {
    const { accountId } = call.caller;
    const [newest = null] = id === undefined ? await this.relay.list(accountId, { limit: 1 }) : [];
    const found = id === undefined ? newest : await this.relay.find(accountId, id);
    if (!found) throw notFound('generation');
    if (found.finishedAt !== null) return this.answers.answer(found, call);
    const ended = this.relay.whenEnded(found);
    const end = await waitPatiently(ended, call, this.env.ANSWER_DEADLINE_SECONDS);
    return this.answers.answer(end ?? (await this.stateOf({ accountId }, found.id)), call);
  }

  private async stateOf(
    { accountId }: Pick<RelayCommand, 'accountId'>,
    id: string,
  ): Promise<Generation> {
    const generation = await this.relay.find(accountId, id);
    if (generation === null) throw new Error(`generation ${id} is gone`);
    return generation;
  }
}

/**
 * The relay does not know where a limit came from; whoever is to mend it has to.
 *
 * @throws what refused the command, a limit under the name it was set by
 */
function refuse(error: unknown, { maxHold }: RelayCommand, { sent }: ToolCall): never {
  if (!(error instanceof DomainError) || error.code !== 'price_changed') throw error;
  const isArgument = maxHold !== undefined && parseCredits(sent.max_credits) === maxHold;
  const param = isArgument ? 'max_credits' : 'x-max-credits';
  throw new DomainError(error.code, error.message, { ...error.facts, param });
}
