export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** As text, the most frequent first. */
export function tally<T>(items: readonly T[], nameOf: (item: T) => string): string {
  return [...groupBy(items, nameOf)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([name, { length }]) => `${length} ${name}`)
    .join(', ');
}

/** The value below which the given part of the values lies. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
