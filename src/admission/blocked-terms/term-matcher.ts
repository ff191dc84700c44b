import { fold, isSpacedLetter } from './fold.js';

/** UTF-16 units: a node and a unit make one key of the table. */
const UNITS = 65_536;
const ROOT = 0;

/** What ends at a node of the automaton. */
interface Ending {
  readonly length: number;
  /** The term begins, or ends, with a letter of a script that separates words. */
  readonly edgeBefore: boolean;
  readonly edgeAfter: boolean;
}

/**
 * Finds any of many terms in a text in one pass (Aho-Corasick), so that neither
 * the number of terms nor a text made to look like them costs more than its
 * length. A term stands alone where its script separates words; in Chinese,
 * Japanese, Korean and the like it is found anywhere.
 */
export class TermMatcher {
  private readonly next = new Map<number, number>();
  private readonly endings: (Ending | null)[] = [null];
  /** Where to go on when a text leaves a term half-way. */
  private readonly fallback: number[] = [ROOT];
  /** The nearest shorter term that ends where this node ends. */
  private readonly shorter: number[] = [ROOT];

  constructor(terms: Iterable<string>) {
    for (const term of terms) this.add(fold(term));
    this.link();
  }

  /** @param text as it was sent */
  matches(text: string): boolean {
    if (this.endings.length === 1) return false;
    const folded = fold(text);
    let node = ROOT;
    for (let i = 0; i < folded.length; i += 1) {
      node = this.step(node, folded.charCodeAt(i));
      if (this.endsAt(node, folded, i + 1)) return true;
    }
    return false;
  }

  private endsAt(node: number, text: string, end: number): boolean {
    for (let at = node; at !== ROOT; at = this.shorter[at]) {
      const ending = this.endings[at];
      if (ending && stands(text, end - ending.length, end, ending)) return true;
    }
    return false;
  }

  private step(from: number, unit: number): number {
    for (let node = from; ; node = this.fallback[node]) {
      const next = this.next.get(node * UNITS + unit);
      if (next !== undefined) return next;
      if (node === ROOT) return ROOT;
    }
  }

  private add(term: string): void {
    if (term === '') return;
    let node = ROOT;
    for (let i = 0; i < term.length; i += 1) {
      const key = node * UNITS + term.charCodeAt(i);
      node = this.next.get(key) ?? this.grow(key);
    }
    const letters = [...term];
    this.endings[node] = {
      length: term.length,
      edgeBefore: isSpacedLetter(letters[0]),
      edgeAfter: isSpacedLetter(letters[letters.length - 1]),
    };
  }

  private grow(key: number): number {
    const node = this.endings.length;
    this.next.set(key, node);
    this.endings.push(null);
    this.fallback.push(ROOT);
    this.shorter.push(ROOT);
    return node;
  }

  /** Nodes nearer to the root first: each needs those above it. */
  private link(): void {
    const below = new Map<number, [number, number][]>();
    for (const [key, node] of this.next) {
      const parent = Math.floor(key / UNITS);
      const children = below.get(parent) ?? [];
      children.push([key % UNITS, node]);
      below.set(parent, children);
    }
    let level = [ROOT];
    while (level.length > 0) {
      const deeper: number[] = [];
      for (const parent of level) {
        for (const [unit, node] of below.get(parent) ?? []) {
          this.linkOne(parent, unit, node);
          deeper.push(node);
        }
      }
      level = deeper;
    }
  }

  private linkOne(parent: number, unit: number, node: number): void {
    const fallback = parent === ROOT ? ROOT : this.step(this.fallback[parent], unit);
    this.fallback[node] = fallback;
    this.shorter[node] = this.endings[fallback] ? fallback : this.shorter[fallback];
  }
}

function stands(text: string, start: number, end: number, ending: Ending): boolean {
  if (ending.edgeBefore && start > 0 && isSpacedLetter(characterBefore(text, start))) return false;
  return !(ending.edgeAfter && end < text.length && isSpacedLetter(characterAt(text, end)));
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0);
}

function characterBefore(text: string, at: number): string {
  const low = text.charCodeAt(at - 1);
  const paired = low >= 0xdc00 && low <= 0xdfff && at >= 2;
  return characterAt(text, at - (paired ? 2 : 1));
}
