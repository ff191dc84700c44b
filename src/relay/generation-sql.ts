import type { Sql } from '../database/index.js';
import type { Caps, RelayCommand } from './generation.js';
import type { AcceptItem, SettleItem } from './generation-items.js';

export interface AcceptCall {
  readonly item: AcceptItem;
  /** Asked a second time, because the first answer was never heard. */
  readonly again: boolean;
}

/** What joining goes by, as `relay_join` reads it. */
export function deliveryOf(
  { command, delivery }: Pick<AcceptItem, 'command' | 'delivery'>,
  again: boolean,
): object {
  if (delivery === null) return {};
  return { delivery, waits: command.delivery?.waits, join: command.delivery?.mayJoin, again };
}

/** Test keys bind a name space of their own: no client's key has a blank in it. */
export function boundKeyOf({ idempotencyKey, mode }: RelayCommand): string | null {
  return idempotencyKey !== null && mode === 'test' ? `test ${idempotencyKey}` : idempotencyKey;
}

export function acceptSql(calls: readonly AcceptCall[], wait: boolean): Sql {
  const items = calls.map(({ item }) => item);
  const commands = items.map(({ command }) => command);
  return {
    name: 'relay_accept',
    text: `SELECT ord, verdict, generation_id AS "generationId", scope
             FROM relay_accept($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    values: [
      items[0].workerId,
      items.map(({ id }) => id),
      commands.map(({ accountId }) => accountId),
      commands.map(({ apiKeyId }) => apiKeyId),
      calls.map((call) => JSON.stringify(rowOf(call))),
      commands.map(({ request, requestId }) => JSON.stringify({ request, requestId })),
      commands.flatMap(({ caps }) => capsOf(caps)),
      items.map(({ lease }) => lease?.token ?? null),
      commands.map(({ fingerprint }) => fingerprint),
      commands.map(boundKeyOf),
      items.map(({ lease }) => lease?.attemptId ?? null),
      items.map(({ lease }) => lease?.upstream ?? null),
      wait,
    ],
  };
}

/** As `relay_insert` reads it. */
function rowOf({ item, again }: AcceptCall): object {
  const { command } = item;
  return {
    mode: item.mode,
    surface: command.surface,
    profile: command.profile,
    model: command.request.model,
    operation: command.request.operation,
    visibility: item.mode === 'test' ? 'private' : command.visibility,
    count: command.request.count,
    catalog: command.request.catalogVersion,
    factor: command.priceFactor,
    unit: item.unit.toString(),
    hold: item.hold.toString(),
    deadline: item.deadlineSeconds,
    ...deliveryOf(item, again),
  };
}

/** Four of the account, four of the key: the order `relay_limits` reads them in. */
function capsOf({ account, key }: Caps): (bigint | number | null)[] {
  return [account, key].flatMap((caps) => [
    caps.concurrency,
    caps.imagesPerDay,
    caps.creditsPerDay,
    caps.creditsPerMonth,
  ]);
}

export function settleSql(items: readonly SettleItem[], wait: boolean): Sql {
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  return {
    name: 'relay_settle',
    text: 'SELECT ord, verdict FROM relay_settle($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    values: [
      items.map(({ id }) => id),
      items.map(({ accountId }) => accountId),
      items.map(({ token }) => token),
      items.map(({ status }) => status),
      items.map(({ assets }) => JSON.stringify(assets)),
      items.map(({ error }) => json(error)),
      items.map(({ usage }) => json(usage)),
      items.map(({ attempt }) => json(attempt)),
      wait,
    ],
  };
}

/** A row for the item of this number, from 1. */
export type Answered<Answer> = { readonly ord: number } & (Answer | { readonly verdict: 'busy' });

/** Null: its account is held elsewhere, or it was not asked. */
export function orBusy<Answer extends { verdict: string }>(
  row: Answered<Answer> | undefined,
): Answer | null {
  return row === undefined || row.verdict === 'busy' ? null : (row as Answer);
}
