import type { ResolvedRequest } from '../../models/index.js';

const LEAD = '\n\nStyle: ';

/** One text for the upstream; no model has a parameter for a style in words of one's own. */
export function withStyle(
  prompt: string,
  style: string | undefined,
): { readonly prompt: string; readonly styleFrom?: number } {
  if (style === undefined || !/\S/.test(style)) return { prompt };
  return { prompt: prompt + LEAD + style, styleFrom: prompt.length + LEAD.length };
}

/** What the caller sent as prompt and as style; both are gone once the operator keeps neither. */
export function partsOf({ prompt, styleFrom }: Pick<ResolvedRequest, 'prompt' | 'styleFrom'>): {
  readonly prompt: string;
  readonly style: string | null;
} {
  if (styleFrom === undefined) return { prompt, style: null };
  const style = prompt.slice(styleFrom);
  return { prompt: prompt.slice(0, styleFrom - LEAD.length), style: style || null };
}
