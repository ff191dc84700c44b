import { DrainService } from './drain.service.js';

const PLENTY_MS = 60_000;
const nothing = () => undefined;

describe(DrainService.name, () => {
  it('is over at once when nothing is in flight and nobody watches readiness', async () => {
    const startedAt = performance.now();
    await expect(new DrainService().drain(PLENTY_MS)).resolves.toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(PLENTY_MS / 2);
  });

  it('waits for requests that are being answered, and makes their answers the last', async () => {
    const drain = new DrainService();
    const marked: string[] = [];
    const end = drain.track(() => marked.push('before'));
    const drained = drain.drain(PLENTY_MS);
    expect(marked).toEqual(['before']);
    drain.track(() => marked.push('during'))();
    expect(marked).toEqual(['before', 'during']);
    let over = false;
    void drained.then(() => (over = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(over).toBe(false);
    end();
    await expect(drained).resolves.toBe(true);
  });

  it('waits for every part, even when one of them fails', async () => {
    const drain = new DrainService();
    let finish: () => void = nothing;
    drain.onDrain('broken', () => Promise.reject(new Error('no')));
    drain.onDrain('slow', () => new Promise((resolve) => (finish = resolve)));
    const drained = drain.drain(PLENTY_MS);
    setTimeout(() => finish(), 30);
    await expect(drained).resolves.toBe(true);
  });

  it('gives up when the grace time is over', async () => {
    const drain = new DrainService();
    drain.track(nothing);
    drain.onDrain('stuck', () => new Promise(nothing));
    await expect(drain.drain(60)).resolves.toBe(false);
  });

  it('lets parts work on for a moment when somebody watches readiness', async () => {
    const drain = new DrainService();
    const told = (service: DrainService) =>
      new Promise<number>((resolve) => {
        const begun = performance.now();
        service.onDrain('part', async () => resolve(performance.now() - begun));
        void service.drain(5_000);
      });
    drain.noteProbe();
    // Side by side: what is not watched is told before what is, however busy the machine.
    const order: string[] = [];
    const [watched] = await Promise.all([
      told(drain).finally(() => order.push('watched')),
      told(new DrainService()).finally(() => order.push('unwatched')),
    ]);
    expect(watched).toBeGreaterThan(490);
    expect(order).toEqual(['unwatched', 'watched']);
  });

  it('counts a request once, however often its end is reported', async () => {
    const drain = new DrainService();
    const end = drain.track(() => undefined);
    drain.track(() => 'still open');
    end();
    end();
    await expect(drain.drain(40)).resolves.toBe(false);
  });
});
