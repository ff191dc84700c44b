import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { Caller } from '../../api-keys/index.js';
import { toWireCredits } from '../../common/credits.js';
import { DomainError } from '../../common/domain-error.js';
import { CreditsService } from '../../credits/index.js';
import { CatalogService, cheapest } from '../../models/index.js';
import { RelayService, Repeats } from '../../relay/index.js';
import { idempotencyKeyOf, isRepeat } from '../request-facts.js';

/**
 * Refuses edits that nobody could pay for before their images are read. Only a
 * first look: what an edit costs is decided and held when it is accepted.
 */
@Injectable()
export class EditAdmission {
  constructor(
    private readonly catalog: CatalogService,
    private readonly credits: CreditsService,
    private readonly relay: RelayService,
    private readonly repeats: Repeats,
  ) {}

  /** @throws DomainError `insufficient_credits` */
  async admit(caller: Caller, request: Request): Promise<void> {
    const { accountId, models, priceFactor, mode } = caller;
    if (mode === 'test') return;
    const least = cheapest(this.catalog.current().catalog, 'edit', models, priceFactor) ?? 0n;
    if (least === 0n) return;
    const { available } = await this.credits.balance(accountId);
    if (available >= least || (await this.mayCostNothing(caller, request))) return;
    throw new DomainError(
      'insufficient_credits',
      `An edit costs ${toWireCredits(least)} credits or more; ` +
        `${toWireCredits(available)} are available.`,
    );
  }

  /** A demo picture, or the repeat of a request that was paid for. */
  private async mayCostNothing(caller: Caller, request: Request): Promise<boolean> {
    if (this.relay.isDemo || isRepeat(request)) return true;
    const { accountId, keyId: apiKeyId } = caller;
    const idempotencyKey = idempotencyKeyOf(request);
    return this.repeats.mayBeOne({ accountId, apiKeyId, idempotencyKey });
  }
}
