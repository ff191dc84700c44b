import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StubCall } from '../../support/upstream-stub/upstream-stub.mjs';
import type { Wish } from './clients.js';
import { groupBy } from './groups.js';
import type { Postgres } from './postgres.js';

/** A generation as the database has it, once everything has ended. */
export interface Ended {
  readonly id: string;
  readonly tag: string;
  readonly at: Date;
  readonly status: string;
  readonly mode: string;
  readonly images: number;
  /** Thousandths. */
  readonly captured: number;
  readonly unit: number;
  readonly attempts: number;
  /** SHA-256 of its output images, in order. */
  readonly hashes: readonly string[];
  /** Their links' tokens, in order. */
  readonly tokens: readonly string[];
}

export function readEnded(postgres: Postgres): Promise<Ended[]> {
  return postgres.query<Ended>(
    `SELECT g.id, substring(i.request ->> 'prompt' FROM '<[^>]+>') AS tag, g.created_at AS at, g.status, g.mode, g.images,
            g.captured::float8 AS captured, g.unit_credits::float8 AS unit,
            (SELECT count(*)::int FROM attempts a WHERE a.generation_id = g.id) AS attempts,
            ARRAY (SELECT a.sha256 FROM assets a WHERE a.generation_id = g.id
                    AND a.kind = 'output' ORDER BY a.ordinal) AS hashes,
            ARRAY (SELECT a.link_token FROM assets a WHERE a.generation_id = g.id
                    AND a.kind = 'output' ORDER BY a.ordinal) AS tokens
       FROM generations g JOIN generation_inputs i ON i.generation_id = g.id`,
  );
}

/** What must not be open any more after the longest recovery there is. */
export async function leftOpen(postgres: Postgres): Promise<string[]> {
  const [row] = await postgres.query<{ open: number; sent: number; held: number }>(
    `SELECT (SELECT count(*)::int FROM generations WHERE finished_at IS NULL) AS open,
            (SELECT count(*)::int FROM attempts WHERE state = 'sent') AS sent,
            (SELECT count(*)::int FROM credit_accounts WHERE held <> 0) AS held`,
  );
  return [
    ...(row.open > 0 ? [`${row.open} generations have not ended`] : []),
    ...(row.sent > 0 ? [`${row.sent} attempts are still marked as sent`] : []),
    ...(row.held > 0 ? [`${row.held} accounts have credits held`] : []),
  ];
}

/** Every picture's row has its object, and the object is what the row says. */
export async function checkObjects(postgres: Postgres, imagesFolder: string): Promise<string[]> {
  const names = await readdir(imagesFolder, { recursive: true });
  const files = new Map(names.map((name) => [name.split('/').at(-1)!, join(imagesFolder, name)]));
  const rows = await postgres.query<{ id: string; sha256: string }>(
    'SELECT id, sha256 FROM assets',
  );
  const findings: string[] = [];
  for (const { id, sha256 } of rows) {
    const file = files.get(id);
    const bytes = file && (await readFile(file).catch(() => null));
    if (!bytes) findings.push(`asset ${id} has no object`);
    else if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
      findings.push(`asset ${id}: its object has another hash`);
    }
  }
  return findings;
}

/** Charged is what is stored, and nothing was asked of an upstream without a row that says so. */
export function checkGenerations(ended: readonly Ended[], calls: readonly StubCall[]): string[] {
  const byTag = groupBy(ended, ({ tag }) => tag);
  const callsByTag = groupBy(calls, ({ body }) => tagOf(body));
  const overcharged = ended.filter(({ mode, images, captured, unit }) => {
    return captured !== (mode === 'live' ? images * unit : 0);
  });
  const unrecorded = [...callsByTag].filter(([tag, made]) => {
    const attempts = (byTag.get(tag) ?? []).reduce((sum, each) => sum + each.attempts, 0);
    return made.length > attempts;
  });
  return [
    ...overcharged.map(({ id, captured }) => `generation ${id} captured ${captured}`),
    ...unrecorded.map(
      ([tag, made]) => `${made.length} upstream calls of ${tag} exceed its attempts`,
    ),
  ];
}

function tagOf(body: StubCall['body']): string {
  return /<[^>]+>/.exec(JSON.stringify(body))?.[0] ?? '';
}

/** Whether what each client was told agrees with what it was charged. */
export function checkWishes(wishes: readonly Wish[], ended: readonly Ended[]): string[] {
  const byTag = groupBy(ended, ({ tag }) => tag);
  return wishes.flatMap((wish) => {
    const made = byTag.get(wish.tag) ?? [];
    const findings = [...checkAnswers(wish, made), ...checkCharge(wish, made)];
    return findings.map((finding) => `${finding}: ${describe(wish, made)}`);
  });
}

/** Enough to look it up in the logs. */
function describe({ kind, tag, tries }: Wish, made: readonly Ended[]): string {
  const asked = tries.map(({ begun, status, code, generationId }) => {
    return `${new Date(begun).toISOString().slice(11, 23)} ${code ?? status ?? 'lost'} ${generationId}`;
  });
  const got = made.map(({ id, status, attempts, at }) => {
    return `${id} at ${at.toISOString().slice(11, 23)} ${status} after ${attempts} attempts`;
  });
  return `${kind} ${tag} asked [${asked.join('; ')}] got [${got.join('; ')}]`;
}

function checkAnswers({ tries }: Wish, made: readonly Ended[]): string[] {
  return tries.flatMap(({ status, generationId, images, code }) => {
    if (code === 'internal_error') return ['was answered internal_error'];
    if (status !== 200) return [];
    const generation = made.find(({ id }) => id === generationId);
    if (generation?.status !== 'succeeded') {
      return [`was answered 200, but ${generationId} is ${generation?.status ?? 'nowhere'}`];
    }
    const same =
      images.length === generation.images &&
      images.every((image, at) => {
        return image === generation.hashes[at] || image.includes(generation.tokens[at]);
      });
    return same ? [] : [`was answered 200 with other pictures than ${generationId} has`];
  });
}

/** A wish is charged once at most, and not at all when its last word was an error. */
function checkCharge({ kind, tries }: Wish, made: readonly Ended[]): string[] {
  const charged = made.filter(({ status }) => status === 'succeeded').length;
  const last = tries.at(-1);
  // Who comes again without a key may come before anybody knows that he left.
  const most = kind === 'returning' ? 2 : 1;
  if (charged > most) return [`was charged ${charged} times`];
  const settled = tries.every(({ status, code }) => {
    return status !== null && status !== 200 && code !== 'generation_in_progress';
  });
  // With a key a retryable error says nothing about the generation: the next try finds it.
  const told = settled && !(kind === 'keyed' && last?.retryable);
  if (told && charged > 0)
    return [`was told of errors only (retry: ${last?.retryable}), but charged`];
  return [];
}
