import { Accounts1764000000000 } from './1764000000000-accounts.js';
import { Ledger1764000000001 } from './1764000000001-ledger.js';
import { Generations1764000000002 } from './1764000000002-generations.js';
import { Accept1764000000003 } from './1764000000003-accept.js';
import { Settle1764000000004 } from './1764000000004-settle.js';
import { Tasks1764000000005 } from './1764000000005-tasks.js';
import { Retention1764000000006 } from './1764000000006-retention.js';
import { Edits1764000000007 } from './1764000000007-edits.js';
import { Once1764000000008 } from './1764000000008-once.js';
import { Ends1764000000009 } from './1764000000009-ends.js';
import { TaskCalls1764000000010 } from './1764000000010-task-calls.js';
import { FairQueue1764000000011 } from './1764000000011-fair-queue.js';
import { TestKeysBindApart1764000000012 } from './1764000000012-test-keys-bind-apart.js';
import { IpBlocks1764000000014 } from './1764000000014-ip-blocks.js';
import { Pages1764000000015 } from './1764000000015-pages.js';
import { GroupCommit1764000000016 } from './1764000000016-group-commit.js';
import { UpstreamLinks1764000000017 } from './1764000000017-upstream-links.js';
import { Sharing1764000000018 } from './1764000000018-sharing.js';
import { Sessions1764000000019 } from './1764000000019-sessions.js';
import { OwingWorkers1764000000021 } from './1764000000021-owing-workers.js';

/** In order. A list, not a glob: ESM under Jest cannot import by pattern twice. */
export const MIGRATIONS = [
  Accounts1764000000000,
  Ledger1764000000001,
  Generations1764000000002,
  Accept1764000000003,
  Settle1764000000004,
  Tasks1764000000005,
  Retention1764000000006,
  Edits1764000000007,
  Once1764000000008,
  Ends1764000000009,
  TaskCalls1764000000010,
  FairQueue1764000000011,
  TestKeysBindApart1764000000012,
  IpBlocks1764000000014,
  Pages1764000000015,
  GroupCommit1764000000016,
  UpstreamLinks1764000000017,
  Sharing1764000000018,
  Sessions1764000000019,
  OwingWorkers1764000000021,
];
