import { Injectable } from '@nestjs/common';
import { toWireCredits } from '../../common/credits.js';
import { DomainError } from '../../common/domain-error.js';
import { CreditsService } from '../../credits/index.js';
import { type RelayCommand, RelayService, Repeats } from '../../relay/index.js';
import { fingerprint, ImageCommands } from '../../surface-kit/index.js';
import { type AskedPicture, identityOf } from './image-request.reader.js';
import { PATH, SURFACE } from './path.js';
import type { ToolCall } from './tool.js';

/** Turns the arguments of a tool into a command. */
@Injectable()
export class McpCommands {
  constructor(
    private readonly commands: ImageCommands,
    private readonly credits: CreditsService,
    private readonly relay: RelayService,
    private readonly repeats: Repeats,
  ) {}

  /**
   * Headers that a client was configured with count as on every surface; what
   * the arguments say goes before them.
   *
   * @param tool its name: the same arguments to another tool ask for something else
   * @throws DomainError as `ImageCommands.toCommand`
   */
  toCommand(tool: string, asked: AskedPicture, { caller, sent, request }: ToolCall): RelayCommand {
    const { parameters } = asked;
    const wireNames = { count: 'n', inputImages: 'images' };
    const command = this.commands.toCommand(
      {
        caller,
        surface: SURFACE,
        profile: caller.profile,
        visibility: 'private',
        asked: { parameters, options: { strict: true, wireNames } },
        fingerprint: fingerprint({
          method: 'POST',
          route: `${PATH}#${tool}`,
          profile: SURFACE,
          body: identityOf(sent),
        }),
        waits: true,
      },
      request,
    );
    const idempotencyKey = asked.idempotencyKey ?? command.idempotencyKey;
    return { ...command, idempotencyKey, maxHold: asked.maxHold ?? command.maxHold };
  }

  /**
   * A first look, before anything is fetched for a call; what counts is decided
   * when it is accepted.
   *
   * @throws DomainError `insufficient_credits`
   */
  async refuseUnpayable(command: RelayCommand, { caller }: ToolCall): Promise<void> {
    const { accountId, idempotencyKey } = command;
    const { credits: needed } = this.relay.quote(command);
    const { available } = await this.credits.balance(accountId);
    if (available >= needed) return;
    if (await this.repeats.mayBeOne({ accountId, apiKeyId: caller.keyId, idempotencyKey })) return;
    throw new DomainError(
      'insufficient_credits',
      `This request needs ${toWireCredits(needed)} credits; ${toWireCredits(available)} are available.`,
    );
  }
}
