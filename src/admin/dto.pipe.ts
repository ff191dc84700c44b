import { type ValidationError, ValidationPipe } from '@nestjs/common';
import { type Problem, RequestProblemsError } from './admin-problem.js';

const MAX_PROBLEMS = 50;
const MAX_NAME = 64;

/**
 * Checks a body or query against its DTO. A field that the DTO does not have is
 * refused by name: silently dropped, it would leave the operator believing that
 * something was set (and silently taken, it would set what nobody may).
 */
export class DtoPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      validateCustomDecorators: true,
      exceptionFactory: (errors) =>
        new RequestProblemsError(
          errors.flatMap((error) => problemsOf(error)).slice(0, MAX_PROBLEMS),
        ),
    });
  }
}

function problemsOf({ property, constraints, children }: ValidationError, parent = ''): Problem[] {
  const param = parent + nameOf(property);
  const own = Object.entries(constraints ?? {}).map(([rule, message]) => ({
    param,
    message: rule === 'whitelistValidation' ? `There is no field ${param}.` : sentence(message),
  }));
  return [...own, ...(children ?? []).flatMap((child) => problemsOf(child, `${param}.`))];
}

/** Unknown fields have names that somebody else chose. */
function nameOf(property: string): string {
  const plain = property.replace(/[^\w$.-]/gu, '?');
  return plain.length > MAX_NAME ? `${plain.slice(0, MAX_NAME)}…` : plain;
}

function sentence(message: string): string {
  return message.endsWith('.') ? message : `${message}.`;
}
