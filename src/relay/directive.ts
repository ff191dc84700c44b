const DIRECTIVE = /\[\[easel:([a-z_]{1,32})\]\]/;

/**
 * A test key may ask for a failure inside the prompt, `[[easel:refused]]`, so
 * that customers can try their error handling (design §5). On live keys it is
 * just text, so only test generations are read this way.
 */
export function readDirective(prompt: string): { prompt: string; fault?: string } {
  const match = DIRECTIVE.exec(prompt);
  if (!match) return { prompt };
  return { prompt: prompt.replace(match[0], '').trim(), fault: match[1] };
}
