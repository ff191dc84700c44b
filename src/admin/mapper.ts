import type { Account } from '../accounts/index.js';
import type { ApiKey } from '../api-keys/index.js';
import { toWireCredits } from '../common/credits.js';
import type { Balance } from '../credits/index.js';
import type { UpstreamView } from '../upstreams/index.js';
import type { AccountDto, AdminBalanceDto } from './accounts.dto.js';
import type { ApiKeyDto } from './api-keys.dto.js';
import type { UpstreamDto } from './upstreams.dto.js';

export const NO_CREDITS: Balance = { available: 0n, held: 0n };

export function toBalanceDto({ available, held }: Balance): AdminBalanceDto {
  return { available: toWireCredits(available), held: toWireCredits(held) };
}

/** Field by field, so that a new column of an account is not shown before somebody decides it. */
export function toAccountDto(account: Account, balance: Balance): AccountDto {
  const { id, email, plan, status, priceFactor, createdAt } = account;
  const credits = toBalanceDto(balance);
  return { id, email, plan, status, priceFactor, createdAt: createdAt.toISOString(), credits };
}

export function toApiKeyDto(key: ApiKey): ApiKeyDto {
  return {
    id: key.id,
    accountId: key.accountId,
    name: key.name,
    prefix: key.prefix,
    style: key.style,
    profile: key.profile,
    mode: key.mode,
    scopes: key.scopes,
    models: key.models,
    allowedCidrs: key.allowedCidrs,
    limits: key.limits,
    expiresAt: key.expiresAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    createdAt: key.createdAt.toISOString(),
  };
}

/** A base URL may hold a password or a key in its query: only where it points to is shown. */
export function toUpstreamDto(view: UpstreamView): UpstreamDto {
  const { name, provider, enabled, disabledReason, priority, weight } = view;
  const { maxConcurrent, inFlight, models, health, demo, baseUrl } = view;
  return {
    name,
    provider,
    baseUrl: baseUrl === null ? null : placeOf(baseUrl),
    enabled,
    disabledReason,
    priority,
    weight,
    maxConcurrent,
    inFlight,
    models,
    health,
    demo,
  };
}

function placeOf(baseUrl: string): string {
  if (!URL.canParse(baseUrl)) return '';
  const { origin, pathname } = new URL(baseUrl);
  return origin + pathname;
}
