import { Module } from '@nestjs/common';
import { Database } from '../../database/index.js';
import { StorageModule } from '../../storage/index.js';
import { InputsSweeper } from './inputs.sweeper.js';
import { LateResultsSweeper } from './late-results.sweeper.js';
import { OrphansSweeper } from './orphans.sweeper.js';
import { PicturesSweeper } from './pictures.sweeper.js';
import { RetentionRunner } from './retention-runner.js';
import { RetentionSettings } from './retention-settings.js';
import { RetentionTurn } from './retention-turn.js';
import { ROW_RULES, RowSweeper } from './rows.sweeper.js';
import { StoredObjects } from './stored-objects.js';
import { type Sweeper, SWEEPERS } from './sweeper.js';

const AFTER_ROWS = [LateResultsSweeper, PicturesSweeper, InputsSweeper, OrphansSweeper];

/** Removes what nobody needs any more, in the background (docs/retention.md). */
@Module({
  imports: [StorageModule],
  providers: [
    ...AFTER_ROWS,
    RetentionRunner,
    RetentionSettings,
    RetentionTurn,
    StoredObjects,
    {
      provide: SWEEPERS,
      useFactory: (database: Database, turn: RetentionTurn, ...others: Sweeper[]) => [
        ...ROW_RULES.map((rule) => new RowSweeper(rule, database, turn)),
        ...others,
      ],
      inject: [Database, RetentionTurn, ...AFTER_ROWS],
    },
  ],
  exports: [RetentionSettings],
})
export class RetentionModule {}
