import { Injectable } from '@nestjs/common';
import { type Millicredits, toWireCredits } from '../../common/credits.js';
import { DomainError, invalidValue } from '../../common/domain-error.js';
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
   * Headers that a client was configured with count as on every surface. They are
   * a person's, the arguments a model's: it can narrow what that person set, and
   * never widen it.
   *
   * @param tool its name: the same arguments to another tool ask for something else
   * @throws DomainError as `ImageCommands.toCommand`, and `invalid_value` for two
   * different idempotency keys
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
    return {
      ...command,
      idempotencyKey: oneKey(asked.idempotencyKey, command.idempotencyKey),
      maxHold: lower(asked.maxHold, command.maxHold),
    };
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

function oneKey(asked: string | null, header: string | null): string | null {
  if (asked !== null && header !== null && asked !== header) {
    throw invalidValue(
      'idempotency_key',
      "'idempotency_key' is another key than that of the header Idempotency-Key; send one of them.",
    );
  }
  return asked ?? header;
}

function lower(
  asked: Millicredits | undefined,
  header: Millicredits | undefined,
): Millicredits | undefined {
  if (asked === undefined || header === undefined) return asked ?? header;
  return asked < header ? asked : header;
}
