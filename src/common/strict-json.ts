import { isStorableText } from './text.js';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Nesting of objects and arrays; the outermost object is level 1. */
const MAX_DEPTH = 20;
/** Keys and array items of one text together, where the caller does not know better. */
const MAX_MEMBERS = 10_000;
const MAX_PATH = 120;

/** Every character a number can hold; `JSON.parse` judges the order. */
const NUMBER = /[-+.\deE]+/y;
const WHITESPACE = /[ \t\n\r]*/y;
const CONTROL = /[\u0000-\u001f]/;
/** Keys that mean something to JavaScript objects; no API of ours has a field of such a name. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor']);
const LITERALS: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** What is wrong with a JSON text. The message is public and quotes no value. */
export class JsonProblem extends Error {
  constructor(
    message: string,
    /** Where, as `images[0].url`; empty for the text as a whole. */
    readonly path: string,
  ) {
    super(message);
    this.name = JsonProblem.name;
  }
}

/**
 * Reads a request body that must be one JSON object, refusing what
 * `JSON.parse` lets through and later layers stumble over: duplicate keys (two
 * readers would disagree on the value), `__proto__` and `constructor`, deep
 * nesting (validators recurse), floods of members, numbers beyond a double, and
 * text that PostgreSQL cannot store.
 *
 * The caller has decoded the bytes as UTF-8 with `fatal: true` and capped them.
 *
 * @param maxMembers keys and array items allowed, all levels together
 * @throws JsonProblem naming the first problem found.
 */
export function parseStrictJson(text: string, maxMembers = MAX_MEMBERS): JsonObject {
  const value = new Reader(text, maxMembers).read();
  if (typeof value !== 'object' || value === null || isArray(value)) {
    throw new JsonProblem('The body must be a JSON object.', '');
  }
  return value;
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

class Reader {
  private at = 0;
  private members = 0;
  private readonly path: (string | number)[] = [];

  constructor(
    private readonly text: string,
    private readonly maxMembers: number,
  ) {}

  read(): JsonValue {
    this.skipWhitespace();
    if (this.at === this.text.length) throw new JsonProblem('The body is empty.', '');
    const value = this.value();
    this.skipWhitespace();
    if (this.at < this.text.length) this.fail();
    return value;
  }

  private value(): JsonValue {
    switch (this.text[this.at]) {
      case '{':
        return this.object();
      case '[':
        return this.array();
      case '"':
        return this.storable(this.string());
      default:
        return this.scalar();
    }
  }

  private object(): JsonObject {
    const object: Record<string, JsonValue> = {};
    let more = this.open('}');
    while (more) {
      const key = this.key(object);
      this.enter(key);
      object[key] = this.value();
      this.path.pop();
      more = this.next('}');
    }
    return object;
  }

  private array(): JsonValue[] {
    const items: JsonValue[] = [];
    let more = this.open(']');
    while (more) {
      this.enter(items.length);
      items.push(this.value());
      this.path.pop();
      more = this.next(']');
    }
    return items;
  }

  /** Steps past an opening bracket; false when it is closed at once. */
  private open(close: string): boolean {
    if (this.path.length >= MAX_DEPTH) {
      this.refuse(`The body is nested more than ${MAX_DEPTH} levels deep.`);
    }
    this.at += 1;
    this.skipWhitespace();
    return !this.take(close);
  }

  /** Steps past a member; false at the closing bracket. */
  private next(close: string): boolean {
    this.skipWhitespace();
    if (this.take(close)) return false;
    if (!this.take(',')) this.fail();
    this.skipWhitespace();
    return true;
  }

  private enter(step: string | number): void {
    this.members += 1;
    if (this.members > this.maxMembers) {
      throw new JsonProblem(`The body has more than ${this.maxMembers} members.`, '');
    }
    this.path.push(step);
  }

  private key(object: JsonObject): string {
    if (this.text[this.at] !== '"') this.fail();
    const key = this.storable(this.string());
    if (FORBIDDEN_KEYS.has(key)) this.refuse(`The key ${key} is not allowed.`, key);
    if (Object.hasOwn(object, key)) this.refuse('The same key is given twice.', key);
    this.skipWhitespace();
    if (!this.take(':')) this.fail();
    this.skipWhitespace();
    return key;
  }

  private string(): string {
    const start = this.at;
    let end = this.text.indexOf('"', start + 1);
    while (end !== -1 && this.isEscaped(end)) end = this.text.indexOf('"', end + 1);
    if (end === -1) this.fail();
    this.at = end + 1;
    const raw = this.text.slice(start + 1, end);
    if (CONTROL.test(raw)) this.fail();
    return raw.includes('\\') ? this.native<string>(start, end + 1) : raw;
  }

  /** An odd number of backslashes before it makes a quote part of the string. */
  private isEscaped(quote: number): boolean {
    let first = quote;
    while (this.text[first - 1] === '\\') first -= 1;
    return (quote - first) % 2 === 1;
  }

  private storable(value: string): string {
    if (!isStorableText(value)) {
      this.refuse('Text must hold neither U+0000 nor unpaired surrogates.');
    }
    return value;
  }

  private scalar(): boolean | null | number {
    for (const [word, value] of LITERALS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.number();
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    const [digits] = NUMBER.exec(this.text) ?? this.fail();
    const value = this.native<number>(this.at, this.at + digits.length);
    if (!Number.isFinite(value)) this.refuse('The number is too large.');
    this.at += digits.length;
    return value;
  }

  /** Escapes and numbers as the language itself reads them. */
  private native<T extends string | number>(start: number, end: number): T {
    try {
      return JSON.parse(this.text.slice(start, end)) as T;
    } catch {
      this.at = start;
      return this.fail();
    }
  }

  private skipWhitespace(): void {
    WHITESPACE.lastIndex = this.at;
    WHITESPACE.test(this.text);
    this.at = WHITESPACE.lastIndex;
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private fail(): never {
    const place =
      this.at < this.text.length ? `at character ${this.at + 1}` : 'because it ends too early';
    throw new JsonProblem(`The body is not valid JSON ${place}.`, '');
  }

  private refuse(message: string, key?: string): never {
    throw new JsonProblem(message, pathOf(key === undefined ? this.path : [...this.path, key]));
  }
}

/** Keys are the client's: cut, and only as far as they can be stored and shown. */
function pathOf(steps: readonly (string | number)[]): string {
  let path = '';
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`;
    else path += path === '' ? step : `.${step}`;
    if (path.length > MAX_PATH) return `${path.slice(0, MAX_PATH).toWellFormed()}…`;
  }
  return path;
}
