/** Longer strings are compared by their beginning: a refusal must stay cheap whatever was sent. */
const MAX_COMPARED = 64;

/**
 * The accepted value a caller most likely meant: the same text in another case
 * or padding first, else the smallest edit distance, the earlier one on a tie.
 */
export function nearestOf(sent: string, accepted: Iterable<string>): string | undefined {
  const wanted = fold(sent);
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of accepted) {
    const folded = fold(candidate);
    // No edit script is shorter than the difference in length.
    if (Math.abs(folded.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, folded);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance in UTF-16 units; O(a·b), so both sides must be short. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const substitution = previous[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[column] + 1, current[column - 1] + 1));
    }
    previous = current;
  }
  return previous[b.length];
}

/** A caller's value for a message: quoted, and cut so that no text of any length is echoed. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}

function fold(value: string): string {
  return value.slice(0, MAX_COMPARED).trim().toLowerCase();
}
