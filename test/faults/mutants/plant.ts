import type { TestDatabase } from '../../support/database.js';
import type { Edit, FunctionEdit, LostConstraint, Mutant, SourceEdit } from './mutant.js';

/** The part of a mutant that the module loader plants (`test/faults/runtime`). */
export function sourceEdits({ edits }: Mutant): SourceEdit[] {
  return edits.filter((edit): edit is SourceEdit => 'file' in edit);
}

/** Plants the other part in a migrated database. @throws Error when the mutant no longer applies */
export async function plantInDatabase(database: TestDatabase, { edits }: Mutant): Promise<void> {
  for (const edit of edits.filter(isOfDatabase)) {
    if ('fn' in edit) await replaceFunction(database, edit);
    else await database.query(`ALTER TABLE ${edit.table} DROP CONSTRAINT ${edit.constraint}`);
  }
}

function isOfDatabase(edit: Edit): edit is FunctionEdit | LostConstraint {
  return !('file' in edit);
}

async function replaceFunction(
  database: TestDatabase,
  { fn, from, to }: FunctionEdit,
): Promise<void> {
  const found = await database.query<{ definition: string }>(
    'SELECT pg_get_functiondef(oid) AS definition FROM pg_proc WHERE proname = $1',
    [fn],
  );
  if (found.length !== 1) throw new Error(`planted bug: ${found.length} functions named ${fn}`);
  const parts = found[0].definition.split(from);
  if (parts.length !== 2) {
    throw new Error(`planted bug: ${fn} has ${parts.length - 1} times: ${from}`);
  }
  await database.query(parts.join(to));
}
