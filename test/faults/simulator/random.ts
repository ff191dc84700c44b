/** Numbers that follow from one seed, so that a run can be repeated. xorshift128. */
export class Random {
  private state: [number, number, number, number];

  constructor(seed: number) {
    this.state = [seed ^ 0x9e3779b9, seed * 0x85ebca6b, seed + 0xc2b2ae35, 0x27d4eb2f].map(
      (word) => word | 0,
    ) as [number, number, number, number];
    for (let i = 0; i < 16; i++) this.next();
  }

  /** 0 ≤ x < 1. */
  unit(): number {
    return this.next() / 0x1_0000_0000;
  }

  /** 0 ≤ x < bound, whole. */
  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }

  /** low ≤ x ≤ high, whole. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  shuffled<T>(list: readonly T[]): T[] {
    const mixed = [...list];
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
    }
    return mixed;
  }

  /** By weight; all weights 0 answers the first. */
  weighted<T>(options: readonly (readonly [T, number])[]): T {
    let left = this.unit() * options.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [option, weight] of options) {
      left -= weight;
      if (left < 0) return option;
    }
    return options[0][0];
  }

  private next(): number {
    const [a, b, c, d] = this.state;
    let t = a ^ (a << 11);
    t ^= t >>> 8;
    const fresh = d ^ (d >>> 19) ^ t;
    this.state = [b, c, d, fresh];
    return fresh >>> 0;
  }
}
