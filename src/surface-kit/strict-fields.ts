import { DomainError, type FieldProblem } from '../common/domain-error.js';
import type { JsonObject, JsonValue } from '../common/strict-json.js';
import { codePointLength } from '../common/text.js';
import { publicName } from './public-name.js';

/** Enough to mend a form by, however many fields somebody invents. */
const MAX_PROBLEMS = 20;

/** Lengths in Unicode code points. */
interface TextRule {
  readonly max: number;
}

/**
 * Reads the body of a strict surface (contracts §5.6, rulings 3 and 4): types
 * are exact, `null` is a wrong one, and a field that nobody asks for is refused.
 * Problems are gathered, so that a caller is told of all of them at once:
 * nothing that was read may be used before `refuseProblems`.
 */
export class StrictFields {
  private readonly known = new Set<string>();
  private readonly problems: FieldProblem[] = [];

  constructor(private readonly body: JsonObject) {}

  /** Blanks alone are as good as nothing. */
  requiredText(name: string, rule: TextRule): string {
    const text = this.text(name, rule);
    return text !== undefined && /\S/.test(text) ? text : this.missing(name, '');
  }

  text(name: string, { max }: TextRule): string | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') return this.wrong(name, `'${name}' must be a string.`);
    if (codePointLength(value) > max) {
      return this.wrong(name, `'${name}' may have at most ${max} characters.`);
    }
    return value;
  }

  requiredChoice<T extends string>(name: string, accepted: readonly T[]): T {
    return this.choice(name, accepted) ?? this.missing(name, accepted[0]);
  }

  choice<T extends string>(name: string, accepted: readonly T[]): T | undefined {
    const value = this.take(name);
    const choice = accepted.find((word) => word === value);
    if (value === undefined || choice !== undefined) return choice;
    return this.wrong(name, `'${name}' must be one of: ${accepted.join(', ')}.`);
  }

  /** Which numbers are accepted is the catalog's business. */
  number(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === 'number') return value;
    return this.wrong(name, `'${name}' must be a number.`);
  }

  /** @param rule of each text */
  requiredTexts(name: string, rule: TextRule & { readonly maxItems: number }): string[] {
    const value = this.take(name);
    if (value === undefined) return this.missing(name, []);
    if (!Array.isArray(value) || value.length < 1 || value.length > rule.maxItems) {
      this.wrong(name, `'${name}' must be a list of 1 to ${rule.maxItems} texts.`);
      return [];
    }
    const items = value.map((item, i) => [`${name}[${i}]`, item as JsonValue] as const);
    const texts = new StrictFields(Object.fromEntries(items));
    const read = items.map(([place]) => texts.requiredText(place, rule));
    this.problems.push(...texts.problems);
    return read;
  }

  /** @throws DomainError `invalid_value` or `missing_required_parameter` with every problem there is. */
  refuseProblems(): void {
    const unknown = Object.keys(this.body).filter((name) => !this.known.has(name));
    for (const name of unknown.slice(0, MAX_PROBLEMS)) {
      const shown = publicName(name);
      this.wrong(shown, `There is no field '${shown}'.`);
    }
    const [first] = this.problems;
    if (!first) return;
    const { code, message, param } = first;
    throw new DomainError(code, message, { param, problems: this.problems });
  }

  private take(name: string): JsonValue | undefined {
    this.known.add(name);
    return Object.hasOwn(this.body, name) ? this.body[name] : undefined;
  }

  /** For what a caller of this reader knows better. */
  wrong(param: string, message: string): undefined {
    this.problems.push({ param, message, code: 'invalid_value' });
  }

  /** A value that was sent and refused is not missing besides. */
  private missing<T>(param: string, standIn: T): T {
    const refused = this.problems.some((problem) => problem.param === param);
    const message = `'${param}' is required.`;
    if (!refused) this.problems.push({ param, message, code: 'missing_required_parameter' });
    return standIn;
  }
}
