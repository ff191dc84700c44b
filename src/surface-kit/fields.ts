import { DomainError, invalidValue } from '../common/domain-error.js';
import type { JsonObject, JsonValue } from '../common/strict-json.js';

/**
 * Reads the scalars of a lenient surface's body (contracts §5.6, rulings 3
 * and 4): a number or boolean may come as text, `null` is absent, and fields
 * nobody asks for are ignored but can be named afterwards.
 *
 * Each reader throws `invalid_value` with `param` when the type cannot be read.
 * What values a model accepts is the catalog's business, so scalars that only a
 * catalog can name the alternatives of are handed on as they are.
 */
export class LenientFields {
  private readonly known = new Set<string>();

  constructor(private readonly body: JsonObject) {}

  /** Text as it came; `required` refuses its absence. */
  text(name: string): string | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === 'string') return value;
    throw invalidValue(name, `'${name}' must be a string.`);
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (value !== undefined) return value;
    throw new DomainError('missing_required_parameter', `'${name}' is required.`, { param: name });
  }

  /** Optional text; some relays send `""` for what their user left out, so that is absent too. */
  name(name: string): string | undefined {
    return this.text(name) || undefined;
  }

  /**
   * Like `name`, for what only a catalog knows the values of: a number or boolean
   * is handed on as the text of it, to be refused with what is accepted.
   */
  word(name: string): string | undefined {
    const value = this.take(name);
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return this.name(name);
  }

  /** A number; `"2"`, `2.0` and `2e0` are 2, what is none is `NaN`. */
  number(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === 'number') return value;
    return typeof value === 'string' ? numberFrom(value) : Number.NaN;
  }

  /** `true`, `false`, and the words and digits for them. */
  flag(name: string): boolean | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === 'boolean') return value;
    const word = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    const flag = FLAGS.get(word.trim().toLowerCase());
    if (flag !== undefined) return flag;
    throw invalidValue(name, `'${name}' must be true or false.`);
  }

  /** One of a few words. */
  choice<T extends string>(name: string, accepted: readonly T[]): T | undefined {
    const value = this.word(name);
    const choice = accepted.find((word) => word === value);
    if (value === undefined || choice !== undefined) return choice;
    throw invalidValue(name, `'${name}' is not one of the accepted values.`, { accepted });
  }

  /** Whether the field came with a value other than `null`. */
  has(name: string): boolean {
    return Object.hasOwn(this.body, name) && this.body[name] !== null;
  }

  /** Fields that nobody has asked for, in the order sent. */
  unread(): string[] {
    return Object.keys(this.body).filter((name) => !this.known.has(name));
  }

  private take(name: string): JsonValue | undefined {
    this.known.add(name);
    return this.has(name) ? this.body[name] : undefined;
  }
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** Digits only: `Number` would also take blanks, hexadecimal and exponents. */
function numberFrom(text: string): number {
  return /^[+-]?\d{1,16}$/.test(text.trim()) ? Number(text) : Number.NaN;
}
