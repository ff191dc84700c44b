import { Injectable } from '@nestjs/common';
import { firstIdAt } from '../../common/ids.js';
import { Database } from '../../database/index.js';
import { logger } from '../../observability/logger.js';
import { runLong } from './long-statement.js';
import { RetentionSettings } from './retention-settings.js';
import { RetentionTurn } from './retention-turn.js';
import {
  BATCH_ROWS,
  BATCH_TIMEOUT_MS,
  BEFORE_ALL_IDS,
  MAX_BATCHES,
  type Sweeper,
} from './sweeper.js';

const DAY_MS = 86_400_000;

/** All inputs below this id were looked at. */
const PLACE = 'retention_inputs_done';

/** A month of ten million requests is copied in minutes. */
const MONTH_TIMEOUT_MS = 10 * 60_000;

/** A table that somebody holds, or that takes too long, is not tried again at once. */
const MONTH_RETRY_MS = 60 * 60_000;

interface OldInput {
  readonly id: string;
  /** One that is still being worked on needs its prompt. */
  readonly ended: boolean | null;
  readonly prompted: boolean | null;
}

const PAGE = `
SELECT i.generation_id AS id, i.request ->> 'prompt' <> '' AS prompted,
       (SELECT g.finished_at IS NOT NULL FROM generations g WHERE g.id = i.generation_id) AS ended
  FROM generation_inputs i
 WHERE i.generation_id > $1 AND i.generation_id < $2
 ORDER BY i.generation_id LIMIT $3`;

const SCRUB = `
UPDATE generation_inputs SET request = easel_scrub_input(request)
 WHERE generation_id = ANY ($1::uuid[])`;

/** Images that these generations were made from, and none that is young enough to keep its own. */
const LET_IMAGES_GO = `
UPDATE assets a SET deleted_at = clock_timestamp()
 WHERE a.kind = 'input' AND a.expires_at IS NULL AND a.deleted_at IS NULL
   AND a.id IN (SELECT i.asset_id FROM generation_input_assets i
                 WHERE i.generation_id = ANY ($1::uuid[]))
   AND NOT EXISTS (SELECT 1 FROM generation_input_assets j
                    WHERE j.asset_id = a.id AND j.generation_id >= $2)`;

/**
 * Takes the prompts out of requests that are older than the operator keeps them,
 * and lets their input images go. The rest of the row stays: answers, statements
 * and receipts are made of it.
 *
 * Ids carry their time, so a walk in id order meets the oldest first and keeps
 * its place. Months that are over as a whole are copied without their prompts
 * instead, which gives their space back.
 */
@Injectable()
export class InputsSweeper implements Sweeper {
  readonly name = 'prompts';
  private readonly log = logger('retention');
  private nextMonthAt = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly settings: RetentionSettings,
    private readonly turn: RetentionTurn,
  ) {}

  async sweep(): Promise<number> {
    const days = await this.settings.inputsDays();
    if (days === null) return 0;
    if (performance.now() >= this.nextMonthAt) await this.replaceMonths();
    return this.turn.over ? 0 : await this.scrubRows(days);
  }

  private async replaceMonths(): Promise<void> {
    while (!this.turn.over) {
      const [{ month }] = await runLong<{ month: string | null }>(this.database, {
        text: 'SELECT easel_scrub_inputs_month() AS month',
        timeoutMs: MONTH_TIMEOUT_MS,
        signal: this.turn.signal,
      });
      if (month === null) break;
      this.log.info('prompts of a month were removed', { partition: month });
      await this.turn.goOn();
    }
    this.nextMonthAt = performance.now() + MONTH_RETRY_MS;
  }

  private async scrubRows(days: number): Promise<number> {
    const until = firstIdAt((await this.now()) - days * DAY_MS);
    let after = await this.readPlace();
    let scrubbed = 0;
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const page = await this.database.query<OldInput>({
        text: PAGE,
        values: [after, until, BATCH_ROWS],
        timeoutMs: BATCH_TIMEOUT_MS,
      });
      if (page.length === 0) break;
      const old = page.filter(({ ended }) => ended);
      scrubbed += await this.scrub(old, until);
      after = page[page.length - 1].id;
      await this.keepPlace(after);
      if (page.length < BATCH_ROWS || !(await this.turn.goOn())) break;
    }
    return scrubbed;
  }

  /** @returns how many prompts went */
  private async scrub(inputs: readonly OldInput[], until: string): Promise<number> {
    const prompted = inputs.filter((input) => input.prompted);
    await this.change(SCRUB, idsOf(prompted));
    await this.change(LET_IMAGES_GO, idsOf(inputs), until);
    return prompted.length;
  }

  private async change(text: string, ...values: unknown[]): Promise<void> {
    await this.database.query({ text, values, timeoutMs: BATCH_TIMEOUT_MS });
  }

  /** The database's clock, Unix ms. */
  private async now(): Promise<number> {
    const [{ now }] = await this.database.query<{ now: Date }>({ text: 'SELECT now()' });
    return now.getTime();
  }

  private async readPlace(): Promise<string> {
    const [row] = await this.database.query<{ value: string }>({
      text: 'SELECT value FROM settings WHERE key = $1',
      values: [PLACE],
    });
    return row?.value ?? BEFORE_ALL_IDS;
  }

  private async keepPlace(id: string): Promise<void> {
    await this.database.query({
      text: `INSERT INTO settings (key, value) VALUES ($1, $2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      values: [PLACE, id],
    });
  }
}

function idsOf(inputs: readonly OldInput[]): string[] {
  return inputs.map(({ id }) => id);
}
