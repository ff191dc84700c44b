/** How many claimed generations of each catalog name have no upstream slot yet. */
export class WaitingCounts {
  private readonly counts = new Map<string, number>();

  count(model: string): number {
    return this.counts.get(model) ?? 0;
  }

  /** @returns to be called when it waits no longer; only the first call counts */
  begin(model: string): () => void {
    this.counts.set(model, this.count(model) + 1);
    let waits = true;
    return () => {
      if (!waits) return;
      waits = false;
      const left = this.count(model) - 1;
      if (left > 0) this.counts.set(model, left);
      else this.counts.delete(model);
    };
  }
}
