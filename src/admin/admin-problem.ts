import { DomainError } from '../common/domain-error.js';

export interface Problem {
  readonly param: string;
  readonly message: string;
}

/** A request with several things wrong, all of them named. */
export class RequestProblemsError extends DomainError {
  constructor(readonly problems: readonly Problem[]) {
    super('invalid_value', problems.map(({ message }) => message).join(' '), {
      param: problems[0]?.param,
    });
    this.name = RequestProblemsError.name;
  }
}
