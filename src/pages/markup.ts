/** Text that is HTML. Only `markup` makes one, and it escapes whatever is put in. */
export class Html {
  constructor(readonly text: string) {}
}

type Piece = Html | string | number | null | readonly Piece[];

/**
 * A template for HTML: every piece that is not `Html` itself is escaped, for text
 * and for quoted attributes alike. Null leaves nothing.
 */
export function markup(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  const parts = strings.map((text, i) => text + (i < pieces.length ? toText(pieces[i]) : ''));
  return new Html(parts.join(''));
}

function toText(piece: Piece): string {
  if (piece === null) return '';
  if (piece instanceof Html) return piece.text;
  if (typeof piece === 'string') return escape(piece);
  return typeof piece === 'number' ? String(piece) : piece.map(toText).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function escape(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => ENTITIES[character]);
}
