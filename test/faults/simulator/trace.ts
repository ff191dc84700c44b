const KEPT = 60;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What happened, in words that are the same when the seed is the same. */
export class Trace {
  private readonly names = new Map<string, string>();
  private readonly last: string[] = [];
  private hash = 0x811c9dc5;
  private count = 0;

  /** @param kept lines of the tail */
  constructor(private readonly kept = KEPT) {}

  /** Names an id, so that lines can tell it from others in every repetition. */
  name(id: string, name: string): void {
    this.names.set(id, name);
  }

  nameOf(id: string): string {
    const known = this.names.get(id);
    if (known) return known;
    const name = `#${this.names.size}`;
    this.names.set(id, name);
    return name;
  }

  /** The first id in the values of a statement, by name. */
  subjectOf(values: readonly unknown[] = []): string {
    for (const value of values.flat(2)) {
      if (typeof value === 'string' && UUID.test(value)) return this.nameOf(value);
    }
    return '';
  }

  add(atMs: number, line: string): void {
    const text = `${String(this.count).padStart(5)} ${(atMs / 1000).toFixed(3).padStart(9)} s  ${line}`;
    this.count += 1;
    for (let i = 0; i < text.length; i++) {
      this.hash = Math.imul(this.hash ^ text.charCodeAt(i), 0x01000193);
    }
    if (this.last.push(text) > this.kept) this.last.shift();
  }

  get steps(): number {
    return this.count;
  }

  /** Equal for equal traces. */
  get digest(): string {
    return `${this.count}-${(this.hash >>> 0).toString(16)}`;
  }

  /** The last lines, oldest first. */
  get tail(): readonly string[] {
    return this.last;
  }
}
