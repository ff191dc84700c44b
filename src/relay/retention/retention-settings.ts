import { Injectable } from '@nestjs/common';
import { Database } from '../../database/index.js';

/** Read by `easel_scrub_inputs_month` as well. */
const SETTING = 'retention_inputs_days';

/** What the operator decides about retention; everything else is fixed (docs/retention.md). */
@Injectable()
export class RetentionSettings {
  constructor(private readonly database: Database) {}

  /** Days that prompts are kept after their request; null: for ever. */
  async inputsDays(): Promise<number | null> {
    const [row] = await this.database.query<{ days: number }>({
      text: 'SELECT value::integer AS days FROM settings WHERE key = $1',
      values: [SETTING],
    });
    return row?.days ?? null;
  }

  /** @param days a whole number from 1, or null to keep prompts for ever from now on */
  async setInputsDays(days: number | null): Promise<void> {
    await this.database.query(
      days === null
        ? { text: 'DELETE FROM settings WHERE key = $1', values: [SETTING] }
        : {
            text: `INSERT INTO settings (key, value) VALUES ($1, $2)
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
            values: [SETTING, String(days)],
          },
    );
  }
}
