import { setTimeout as pause } from 'node:timers/promises';
import {
  type ImageProvider,
  ProviderError,
  type ProviderImage,
  type ProviderRequest,
  type ProviderResult,
} from '../../src/providers/index.js';
import { until } from './until.js';

/** One provider under test and the levers of what stands behind it. */
export interface ContractSubject {
  readonly provider: ImageProvider;
  /** A good request for one image. */
  readonly request: ProviderRequest;
  /** The next call gives this many images. */
  willGive(images: number): void;
  /** The rest is left out by kinds that cannot do it. The next call fails without an image. */
  willFail?(): void;
  /** The next call never answers. */
  willHang?(): void;
  /** The next call breaks in the middle of an image. */
  willBreak?(): void;
  /** The next call gives one image of at least 16 MiB. */
  willGiveLarge?(): void;
  /** Calls that what stands behind it is still busy with. */
  inFlight?(): number;
  dispose(): Promise<void>;
}

/** Far below every limit of a subject's own, far above what a busy machine needs. */
const PROMPTLY_MS = 15_000;
const STALL_GROWTH_BYTES = 8 * 1024 * 1024;

type Images = Extract<ProviderResult, { kind: 'images' }>;

/** What every kind of provider that answers with images owes to the relay. */
export function describeProviderContract(
  name: string,
  setUp: () => Promise<ContractSubject> | ContractSubject,
): void {
  describe(`${name}, as a provider`, () => {
    let subject: ContractSubject;
    beforeEach(async () => {
      subject = await setUp();
    });
    afterEach(() => subject.dispose());

    const start = async (changes: Partial<ProviderRequest> = {}, signal = never()) =>
      asImages(await subject.provider.start({ ...subject.request, ...changes }, signal));
    const most = () =>
      Math.min(3, subject.provider.capabilities(subject.request.upstreamModel).maxCount);

    it('streams as many images as were asked for, each with an ordinal of its own', async () => {
      subject.willGive(most());
      const { images, usage } = await start({ count: most() });
      const drained = await drainAll(images);
      expect(drained.map(({ ordinal }) => ordinal)).toEqual(
        Array.from({ length: most() }, (_, i) => i),
      );
      expect(drained.every(({ bytes, partial }) => bytes > 0 && !partial)).toBe(true);
      await usage;
    });

    it('never gives more images than were asked for', async () => {
      subject.willGive(2);
      expect(await drainAll((await start({ count: 1 })).images)).toHaveLength(1);
    });

    it('gives fewer images without an error', async () => {
      if (most() < 2) return;
      subject.willGive(1);
      const drained = await drainAll((await start({ count: 2 })).images);
      expect(drained.length).toBeLessThanOrEqual(2);
      expect(drained.length).toBeGreaterThan(0);
    });

    it('gives what is left of an image up when the next one is asked for', async () => {
      if (most() < 2) return;
      subject.willGive(2);
      const seen: number[] = [];
      for await (const { ordinal } of (await start({ count: 2 })).images) seen.push(ordinal);
      expect(seen).toEqual([0, 1]);
    });

    it('serves calls side by side', async () => {
      const calls = Array.from({ length: 4 }, async () => {
        subject.willGive(1);
        return drainAll((await start()).images);
      });
      for (const drained of await Promise.all(calls)) expect(drained).toHaveLength(1);
    });

    it('refuses a call whose signal has been aborted, before anything is sent', async () => {
      subject.willGive(1);
      const failure = await failureOf(start({}, AbortSignal.abort()));
      expect(failure.facts.sent).toBe(false);
    });

    it('fails with a ProviderError that says what happened', async () => {
      if (!subject.willFail) return;
      subject.willFail();
      const failure = await failureOf(start().then(({ images }) => drainAll(images)));
      expect(failure.message).not.toContain(subject.request.prompt);
      expect(typeof failure.facts.sent).toBe('boolean');
    });

    it('stops promptly when its signal aborts', async () => {
      if (!subject.willHang) return;
      subject.willHang();
      const begun = Date.now();
      const signal = AbortSignal.timeout(100);
      const failure = await failureOf(start({}, signal).then(({ images }) => drainAll(images)));
      expect(failure.failure).toBe('timeout');
      expect(Date.now() - begun).toBeLessThan(PROMPTLY_MS);
      await until(() => (subject.inFlight?.() ?? 0) === 0);
    });

    it('ends the stream and the iteration with the same ProviderError when an image breaks', async () => {
      if (!subject.willBreak) return;
      subject.willBreak();
      const { images, usage } = await start();
      const iterator = images[Symbol.asyncIterator]();
      const { value } = (await iterator.next()) as IteratorYieldResult<ProviderImage>;
      const ofStream = await failureOf(drain(value));
      expect(await failureOf(iterator.next())).toBe(ofStream);
      expect(await usage).toBeNull();
    });

    it('survives an abort that nobody is listening for', async () => {
      if (!subject.willGiveLarge) return;
      subject.willGiveLarge();
      const controller = new AbortController();
      const { images, usage } = await start({}, controller.signal);
      const iterator = images[Symbol.asyncIterator]();
      const { value } = (await iterator.next()) as IteratorYieldResult<ProviderImage>;
      controller.abort();
      await pause(20);
      await failureOf(drain(value));
      expect(await usage).toBeNull();
    });

    it('ends the call when the consumer walks away', async () => {
      if (!subject.willGiveLarge) return;
      subject.willGiveLarge();
      const { images, usage } = await start();
      for await (const _image of images) break;
      expect(await usage).toBeNull();
      await until(() => (subject.inFlight?.() ?? 0) === 0);
    });

    it('does not grow while nobody reads', async () => {
      if (!subject.willGiveLarge) return;
      subject.willGiveLarge();
      const { images } = await start();
      const iterator = images[Symbol.asyncIterator]();
      const { value } = (await iterator.next()) as IteratorYieldResult<ProviderImage>;
      const before = held();
      await pause(300);
      expect(held() - before).toBeLessThan(STALL_GROWTH_BYTES);
      expect(await drain(value)).toBeGreaterThanOrEqual(16 * 1024 * 1024);
    });

    it('can be closed, and refuses what comes later as not sent', async () => {
      await subject.provider.close();
      const failure = await failureOf(start());
      expect(failure.facts.sent).toBe(false);
    });
  });
}

/** The ProviderError a promise rejects with; anything else fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<ProviderError> {
  const outcome = await work.then(
    () => 'no error',
    (error: unknown) => error,
  );
  if (outcome instanceof ProviderError) return outcome;
  throw new Error(`Expected a ProviderError, got ${String(outcome)}`);
}

export function asImages(result: ProviderResult): Images {
  if (result.kind !== 'images') throw new Error(`Expected images, got ${result.kind}`);
  return result;
}

/** Reads every image to its end; a link counts as one byte, a character of a preview too. */
export async function drainAll(images: AsyncIterable<ProviderImage>) {
  const drained: { ordinal: number; partial: boolean; bytes: number }[] = [];
  for await (const image of images) {
    const { ordinal, partial } = image;
    drained.push({ ordinal, partial, bytes: await drain(image) });
  }
  return drained;
}

async function drain({ source }: ProviderImage): Promise<number> {
  if ('url' in source) return 1;
  let bytes = 0;
  const stream = 'base64' in source ? source.base64 : source.stream;
  for await (const chunk of stream) bytes += (chunk as Buffer).length;
  return bytes;
}

/** Bytes outside the heap: where the pieces of a picture are. */
function held(): number {
  const { arrayBuffers, external } = process.memoryUsage();
  return Math.max(arrayBuffers, external);
}

function never(): AbortSignal {
  return new AbortController().signal;
}
