import type { PlansService } from '../accounts/index.js';
import { UploadsInFlight } from './uploads-in-flight.js';

const CALLER = { accountId: 'a', plan: 'free' } as const;

function uploads(limit?: number): UploadsInFlight {
  const limitsOf = () => ({ uploadBytesInFlight: limit });
  return new UploadsInFlight({ limitsOf } as unknown as PlansService);
}

describe(UploadsInFlight.name, () => {
  it('lets everything in where the plan sets no limit', () => {
    const meter = uploads().begin(CALLER, 1e12);
    expect(() => meter.receive(1e13)).not.toThrow();
  });

  it('counts what is announced at once, and what comes beyond it as it comes', () => {
    const subject = uploads(100);
    const first = subject.begin(CALLER, 60);
    expect(() => subject.begin(CALLER, 41)).toThrow('100 bytes of uploads in flight');
    const second = subject.begin(CALLER, 0);
    second.receive(30);
    first.receive(60);
    second.receive(10);
    expect(() => second.receive(1)).toThrow(
      expect.objectContaining({ code: 'concurrency_limit_exceeded', isRetryable: true }),
    );
  });

  it('gives back what an upload had when it ends, once, and not what was refused', () => {
    const subject = uploads(100);
    const first = subject.begin(CALLER, 100);
    expect(() => subject.begin(CALLER, 1)).toThrow();
    first.end();
    first.end();
    const second = subject.begin(CALLER, 100);
    expect(() => subject.begin(CALLER, 1)).toThrow();
    second.end();
  });

  it('counts nothing of an upload that has ended, however much still comes', () => {
    const subject = uploads(100);
    const meter = subject.begin(CALLER, 0);
    meter.end();
    meter.receive(500);
    expect(() => subject.begin(CALLER, 100)).not.toThrow();
  });

  it('keeps accounts apart', () => {
    const subject = uploads(100);
    subject.begin(CALLER, 100);
    expect(() => subject.begin({ accountId: 'b', plan: 'free' }, 100)).not.toThrow();
  });

  it('says that an upload beyond the whole limit can never be let in', () => {
    expect(() => uploads(100).begin(CALLER, 101)).toThrow(
      expect.objectContaining({ code: 'request_too_large', isRetryable: false }),
    );
  });
});
