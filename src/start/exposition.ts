/**
 * Joins what several processes expose in Prometheus' text format: every metric
 * has one header and then everybody's samples, as the format demands. The
 * samples must differ by a label.
 */
export function joinExpositions(texts: readonly string[]): string {
  const metrics = new Map<string, Set<string>>();
  for (const block of texts.flatMap((text) => text.trim().split('\n\n'))) {
    const [help, ...lines] = block.split('\n');
    const known = metrics.get(help) ?? new Set();
    metrics.set(help, known);
    // A set keeps the order, and the `# TYPE` line of the first.
    for (const line of lines) known.add(line);
  }
  const blocks = [...metrics].map(([help, lines]) => [help, ...lines].join('\n'));
  return `${blocks.join('\n\n')}\n`;
}
