import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Field } from './field.js';

interface Row {
  readonly id: string;
  readonly status: string;
  readonly count: number;
  readonly assets: readonly { readonly id: string; readonly sha256: string }[] | null;
  readonly accountId: string;
}

/**
 * The upstream never fails, so every generation that nobody canceled has all its
 * pictures, each as it was given, and each bought once.
 */
export async function checkPictures(field: Field, accountIds: string[]): Promise<string[]> {
  const rows = await field.ask<Row>(
    `SELECT g.id, g.status, g.count, g.account_id AS "accountId",
            (SELECT json_agg(json_build_object('id', a.id, 'sha256', a.sha256)) FROM assets a
              WHERE a.generation_id = g.id AND a.kind = 'output') AS assets
       FROM generations g WHERE g.account_id = ANY ($1)`,
    [accountIds],
  );
  const found: string[] = [];
  for (const row of rows) found.push(...(await checkGeneration(field, row)));
  return found;
}

async function checkGeneration(field: Field, row: Row): Promise<string[]> {
  return [...checkWork(field, row), ...checkEnd(row), ...(await checkAssets(field, row))];
}

function checkWork({ upstream, claims }: Field, { id, status }: Row): string[] {
  const calls = upstream.calls.get(id) ?? 0;
  const given = claims.get(id) ?? 0;
  return [
    ...(given > 1 ? [`a generation was given to ${given} nodes`] : []),
    ...(calls > 1 ? [`a generation was sent ${calls} times`] : []),
    ...(calls > 0 && status === 'canceled' ? ['what was sent is canceled'] : []),
  ];
}

function checkEnd({ status, count, assets }: Row): string[] {
  const images = assets?.length ?? 0;
  if (status === 'failed') return ['a generation failed though nothing went wrong'];
  if (status !== 'succeeded' || images === count) return [];
  return [`a generation has ${images} of ${count} pictures`];
}

async function checkAssets({ upstream, store }: Field, row: Row): Promise<string[]> {
  const given = new Set(upstream.given.get(row.id));
  const found: string[] = [];
  for (const { id, sha256 } of row.assets ?? []) {
    if (!given.has(sha256)) found.push('a generation has the picture of another');
    const hash = await hashOf(store, row.accountId, id);
    if (hash !== sha256) found.push(`an object is another picture than its row says: ${hash}`);
  }
  return found;
}

async function hashOf(store: Field['store'], accountId: string, assetId: string): Promise<string> {
  try {
    const { stream } = await store.open({ accountId, assetId });
    return createHash('sha256')
      .update(await buffer(stream))
      .digest('hex');
  } catch (error) {
    return String(error);
  }
}
