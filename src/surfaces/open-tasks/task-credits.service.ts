import { Injectable } from '@nestjs/common';
import type { Caller } from '../../api-keys/index.js';
import { ceilCredits, floorCredits } from '../../common/credits.js';
import { DomainError } from '../../common/domain-error.js';
import { CreditsService } from '../../credits/index.js';
import { type RelayCommand, RelayService, Repeats } from '../../relay/index.js';

/** Credits as this surface speaks of them: whole numbers, and a refusal in its own words. */
@Injectable()
export class TaskCredits {
  constructor(
    private readonly credits: CreditsService,
    private readonly relay: RelayService,
    private readonly repeats: Repeats,
  ) {}

  /** What can be spent now, rounded down. */
  async remaining(accountId: string): Promise<number> {
    const { available } = await this.credits.balance(accountId);
    return floorCredits(available);
  }

  /**
   * A first look, before anything is fetched for a request; what counts is
   * decided when it is accepted.
   *
   * @throws DomainError `insufficient_credits`
   */
  async refuseUnpayable(caller: Caller, command: RelayCommand): Promise<void> {
    const { credits: needed } = this.relay.quote(command);
    const { available } = await this.credits.balance(command.accountId);
    if (available >= needed || (await this.mayBeRepeat(caller, command))) return;
    throw await this.refusal(command);
  }

  /** That this account cannot pay for it: `insufficient credits for 1K generation, 0 < 2`. */
  async refusal(command: RelayCommand): Promise<DomainError> {
    const { credits: needed, tier } = this.relay.quote(command);
    const remaining = await this.remaining(command.accountId);
    return new DomainError(
      'insufficient_credits',
      `insufficient credits for ${tier.toUpperCase()} generation, ${remaining} < ${ceilCredits(needed)}`,
    );
  }

  /** A repeat of what was paid for costs nothing. */
  private mayBeRepeat({ keyId }: Caller, command: RelayCommand): Promise<boolean> {
    const { accountId, idempotencyKey } = command;
    return this.repeats.mayBeOne({ accountId, apiKeyId: keyId, idempotencyKey });
  }
}
