import { Injectable } from '@nestjs/common';
import { firstIdAt } from '../../common/ids.js';
import { Database, UnitOfWork } from '../../database/index.js';
import { logger } from '../../observability/logger.js';
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

/** `due`: it has a prompt and has ended. One that is still being worked on needs its prompt. */
const PAGE = `
SELECT i.generation_id AS id,
       i.request ->> 'prompt' <> '' AND (
         SELECT g.finished_at IS NOT NULL FROM generations g WHERE g.id = i.generation_id) AS due
  FROM generation_inputs i
 WHERE i.generation_id > $1 AND i.generation_id < $2
 ORDER BY i.generation_id LIMIT $3`;

const SCRUB = `
UPDATE generation_inputs SET request = easel_scrub_input(request)
 WHERE generation_id = ANY ($1::uuid[])`;

/**
 * Takes the prompts out of requests that are older than the operator keeps them.
 * The rest of the row stays: answers, statements and receipts are made of it.
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
    private readonly unitOfWork: UnitOfWork,
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
      const [{ month }] = await this.unitOfWork.run(
        (tx) =>
          tx.query<{ month: string | null }>({
            text: 'SELECT easel_scrub_inputs_month() AS month',
          }),
        { statementMs: MONTH_TIMEOUT_MS },
      );
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
      const page = await this.database.query<{ id: string; due: boolean | null }>({
        text: PAGE,
        values: [after, until, BATCH_ROWS],
        timeoutMs: BATCH_TIMEOUT_MS,
      });
      if (page.length === 0) break;
      scrubbed += await this.scrub(page.filter(({ due }) => due).map(({ id }) => id));
      after = page[page.length - 1].id;
      await this.keepPlace(after);
      if (page.length < BATCH_ROWS || !(await this.turn.goOn())) break;
    }
    return scrubbed;
  }

  private async scrub(ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0;
    await this.database.query({ text: SCRUB, values: [ids], timeoutMs: BATCH_TIMEOUT_MS });
    return ids.length;
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
