import { Injectable } from '@nestjs/common';
import { toWireCredits } from '../common/credits.js';
import { DomainError } from '../common/domain-error.js';
import { limitError, type LimitScope } from '../common/limit-errors.js';
import { CreditsService } from '../credits/index.js';
import { isId } from '../common/ids.js';
import { Database, Notifier } from '../database/index.js';
import type { CapSet, Generation } from './generation.js';
import { type GenerationPage, GenerationReader } from './generation-reader.js';
import type { AcceptItem, Refusal } from './generation-items.js';
import { GenerationStore } from './generation-store.js';
import { Waiters } from './waiters.js';

/** What accept's refusals say, and the reads that a request's way needs. */
@Injectable()
export class RelayViews {
  constructor(
    private readonly database: Database,
    private readonly reader: GenerationReader,
    private readonly credits: CreditsService,
    private readonly store: GenerationStore,
    private readonly waiters: Waiters,
    private readonly notifier: Notifier,
  ) {}

  find(accountId: string, id: string): Promise<Generation | null> {
    return this.reader.find(accountId, id);
  }

  upstreamTaskOf(id: string): Promise<string | null> {
    return this.reader.upstreamTaskOf(id);
  }

  list(accountId: string, page: GenerationPage): Promise<Generation[]> {
    return this.reader.list(accountId, page);
  }

  async cancel(accountId: string, id: string): Promise<Generation | null> {
    if (!isId(id)) return null;
    if ((await this.store.cancel(id, accountId)) === 'canceled') {
      this.waiters.announce(id);
      this.notifier.tell('ended');
    }
    return this.reader.find(accountId, id);
  }

  /**
   * What has ended loses its pictures, what runs is canceled. An end that comes
   * in between is met by a second look.
   */
  async discard(accountId: string, id: string): Promise<Generation | null> {
    if (!isId(id)) return null;
    if ((await this.deleteImages(accountId, id)) === 'open') {
      const state = await this.cancel(accountId, id);
      if (state?.status !== 'succeeded') return state;
      await this.deleteImages(accountId, id);
    }
    return this.reader.find(accountId, id);
  }

  async pendingOf(accountId: string): Promise<number> {
    const [{ count }] = await this.database.query<{ count: number }>({
      name: 'relay_pending_of',
      text: `SELECT count(*)::int AS count FROM generations
              WHERE status = 'pending' AND account_id = $1`,
      values: [accountId],
    });
    return count;
  }

  /** What the caller of a refused command is told; nothing has moved. */
  async refusalOf({ verdict, scope }: Refusal, item: AcceptItem): Promise<DomainError> {
    if (verdict === 'balance') return this.insufficient(item);
    if (verdict in CAP_OF) {
      const limit = verdict as keyof typeof CAP_OF;
      return limitError(limit, limitOf(item, limit, scope ?? 'account'), new Date());
    }
    if (verdict === 'key_reused') {
      return new DomainError(
        'idempotency_key_reused',
        'This Idempotency-Key was used before with another request.',
      );
    }
    if (verdict === 'catalog_superseded') {
      return new DomainError('model_unavailable', 'Prices have just changed. Please retry.', {
        retryAfterSeconds: 1,
        retryable: true,
      });
    }
    return new DomainError('invalid_api_key', 'Invalid API key.');
  }

  private async deleteImages(accountId: string, id: string): Promise<string> {
    const [{ verdict }] = await this.database.query<{ verdict: 'deleted' | 'open' | 'missing' }>({
      name: 'relay_delete_images',
      text: 'SELECT relay_delete_images($1, $2) AS verdict',
      values: [id, accountId],
    });
    return verdict;
  }

  private async insufficient({ command, hold }: AcceptItem): Promise<DomainError> {
    const { available } = await this.credits.balance(command.accountId);
    const needed = toWireCredits(hold);
    return new DomainError(
      'insufficient_credits',
      `This request needs ${needed} credits; ${toWireCredits(available)} are available.`,
    );
  }
}

const CAP_OF = {
  concurrency: 'concurrency',
  images_day: 'imagesPerDay',
  credits_day: 'creditsPerDay',
  credits_month: 'creditsPerMonth',
} as const;

function limitOf(
  { command, hold }: Pick<AcceptItem, 'command' | 'hold'>,
  verdict: keyof typeof CAP_OF,
  owner: 'account' | 'key',
): LimitScope {
  const caps: CapSet = command.caps[owner];
  const limit = caps[CAP_OF[verdict]] ?? 0;
  if (typeof limit === 'bigint') {
    return { owner, limit: toWireCredits(limit), neverFits: hold > limit };
  }
  const least = verdict === 'images_day' ? command.request.count : 1;
  return { owner, limit, neverFits: least > limit };
}
