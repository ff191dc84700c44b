export type Entry = Record<string, unknown>;

/** A small sound model; `changes` replaces whole keys, `undefined` removes them. */
export function catalogModel(changes: Entry = {}): Entry {
  return {
    name: 'sketch-1',
    title: { en: 'Sketch' },
    ownedBy: 'house',
    created: '2026-01-31',
    lifecycle: 'active',
    operations: ['generate'],
    prompt: { max: 100 },
    count: { max: 4 },
    sizes: { default: '1024x1024', list: ['1024x1024'] },
    prices: [{ tier: '1k', credits: 2 }],
    ...changes,
  };
}
