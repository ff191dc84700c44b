/** Nesting that is followed; the reader of the text refuses less. */
const MAX_DEPTH = 32;

interface Level {
  readonly isList: boolean;
  /** The present key of an object. */
  key: string;
  /** The present place in a list. */
  index: number;
}

/**
 * Where in a JSON document a reader stands, told of its structure byte by byte.
 * It trusts the text: whether it is JSON at all is found out later.
 */
export class JsonPlaces {
  private readonly levels: Level[] = [];
  private depth = 0;
  private expectsKey = false;

  /** Whether the next string is the key of a member. */
  get atKey(): boolean {
    return this.expectsKey;
  }

  /** As `images[0].image_url`; empty where nobody can tell any more. */
  get path(): string {
    if (this.depth > this.levels.length) return '';
    return this.levels
      .map(({ isList, key, index }) => (isList ? `[${index}]` : `.${key}`))
      .join('')
      .slice(1);
  }

  /** A byte outside every string. */
  see(byte: number): void {
    switch (byte) {
      case 0x7b: // {
        return this.open(false);
      case 0x5b: // [
        return this.open(true);
      case 0x7d: // }
      case 0x5d: // ]
        return this.close();
      case 0x2c: // ,
        return this.next();
      case 0x3a: // :
        this.expectsKey = false;
    }
  }

  /** The key that was read where `atKey` said so, as it stands in the text. */
  enter(key: string): void {
    const level = this.levels.at(-1);
    if (level && this.depth === this.levels.length) level.key = key;
    this.expectsKey = false;
  }

  private open(isList: boolean): void {
    this.depth += 1;
    if (this.depth <= MAX_DEPTH) this.levels.push({ isList, key: '', index: 0 });
    this.expectsKey = !isList;
  }

  private close(): void {
    if (this.depth > 0 && this.depth === this.levels.length) this.levels.pop();
    this.depth = Math.max(0, this.depth - 1);
    this.expectsKey = false;
  }

  private next(): void {
    const level = this.levels.at(-1);
    if (!level || this.depth !== this.levels.length) return;
    if (level.isList) level.index += 1;
    this.expectsKey = !level.isList;
  }
}
