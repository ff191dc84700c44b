import { DomainError } from '../common/domain-error.js';
import type { Problem } from './problem.js';

/** More would drown whoever reads the message; `problems` has them all. */
const MAX_NAMED = 100;

/** A catalog that cannot be published or loaded, with everything that is wrong with it. */
export class CatalogProblemsError extends DomainError {
  constructor(readonly problems: readonly Problem[]) {
    super('invalid_value', summary(problems), { param: problems[0]?.path || undefined });
    this.name = CatalogProblemsError.name;
  }
}

function summary(problems: readonly Problem[]): string {
  const named = problems
    .slice(0, MAX_NAMED)
    .map(({ path, message }) => `${path || '/'}: ${message}`);
  const more = problems.length - named.length;
  const rest = more > 0 ? [`and ${more} more`] : [];
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return [`The catalog has ${count}.`, ...named, ...rest].join('\n');
}
