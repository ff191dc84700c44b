import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Request } from 'express';

export interface PrefixRule {
  /** Path prefixes without trailing slash, e.g. `/v1`. */
  readonly prefixes: readonly string[];
  readonly filter: ExceptionFilter;
}

/**
 * The application's one global filter: what fails below a prefix is rendered by
 * that prefix's own filter, also where no controller was reached. The longest
 * prefix wins.
 */
@Catch()
export class ErrorFilterByPrefix implements ExceptionFilter {
  private readonly rules: readonly { prefix: string; filter: ExceptionFilter }[];

  constructor(
    rules: readonly PrefixRule[],
    private readonly fallback: ExceptionFilter,
  ) {
    this.rules = rules
      .flatMap(({ prefixes, filter }) => prefixes.map((prefix) => ({ prefix, filter })))
      .sort((a, b) => b.prefix.length - a.prefix.length);
  }

  catch(exception: unknown, host: ArgumentsHost): void {
    const { path } = host.switchToHttp().getRequest<Request>();
    const rule = this.rules.find(({ prefix }) => isBelow(path, prefix));
    (rule?.filter ?? this.fallback).catch(exception, host);
  }
}

/** Routes match in either case, and so do their errors. */
function isBelow(sent: string, prefix: string): boolean {
  const path = sent.toLowerCase();
  return path === prefix || path.startsWith(`${prefix}/`);
}
