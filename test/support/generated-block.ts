import { readFile, writeFile } from 'node:fs/promises';

/**
 * A part of a document that is made from what it describes, between two
 * comments that name it. `UPDATE_DOCS=1` writes it anew.
 */
export async function expectBlock(file: string, name: string, made: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [begin, end] = [`<!-- ${name}: generated -->`, `<!-- ${name}: end -->`];
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  if (from < begin.length || to < from) throw new Error(`${file} has no block ${name}`);
  const wanted = `\n\n${made.trim()}\n\n`;
  if (process.env.UPDATE_DOCS) {
    await writeFile(file, text.slice(0, from) + wanted + text.slice(to));
    return;
  }
  expect(text.slice(from, to)).toBe(wanted);
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map(() => '---');
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
