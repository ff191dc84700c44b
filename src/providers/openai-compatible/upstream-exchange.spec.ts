import type { Dispatcher, Pool } from 'undici';
import { failureOf } from '../../../test/support/provider-contract.js';
import { UpstreamExchange } from './upstream-exchange.js';

const REQUEST = { method: 'POST', path: '/' } as const;
const LIMITS = { deadlineMs: 5_000, maxBodyBytes: 1_000_000 };

/** Stands where a connection would be and writes down what is asked of it. */
class FakeController implements Dispatcher.DispatchController {
  aborted = false;
  paused = false;
  reason = null;
  readonly log: string[] = [];

  abort(): void {
    this.aborted = true;
    this.log.push('abort');
  }
  pause(): void {
    this.paused = true;
    this.log.push('pause');
  }
  resume(): void {
    this.paused = false;
    this.log.push('resume');
  }
}

function open(signal = new AbortController().signal, limits = LIMITS) {
  const pool = { dispatch: () => true } as unknown as Pool;
  return UpstreamExchange.open(pool, REQUEST, limits, signal);
}

describe(UpstreamExchange.name, () => {
  it('never lets a request be sent a second time', async () => {
    const exchange = open();
    const [first, second] = [new FakeController(), new FakeController()];
    exchange.onRequestStart(first);
    exchange.onRequestStart(second);
    expect(second.log).toEqual(['abort']);
    const failure = await failureOf(exchange.head());
    expect([failure.failure, failure.facts.sent]).toEqual(['interrupted', true]);
  });

  it('sends nothing for a call that was aborted while it waited for a connection', async () => {
    const aborter = new AbortController();
    const exchange = open(aborter.signal);
    aborter.abort();
    const failure = await failureOf(exchange.head());
    expect([failure.failure, failure.facts.sent]).toEqual(['unavailable', false]);
    const late = new FakeController();
    exchange.onRequestStart(late);
    expect(late.log).toEqual(['abort']);
  });

  it('waits for the answer behind an informational one', async () => {
    const exchange = open();
    const controller = new FakeController();
    exchange.onRequestStart(controller);
    exchange.onResponseStart(controller, 103, {});
    exchange.onResponseStart(controller, 201, { a: 'b' });
    expect(await exchange.head()).toEqual({ status: 201, headers: { a: 'b' } });
    exchange.destroy();
  });

  it('pauses the socket while nobody reads, and lets it go on when somebody does', async () => {
    const exchange = open();
    const controller = new FakeController();
    exchange.onRequestStart(controller);
    exchange.onResponseStart(controller, 200, {});
    exchange.onResponseData(controller, Buffer.alloc(60_000));
    exchange.onResponseData(controller, Buffer.alloc(60_000));
    expect(controller.log).toEqual(['pause']);
    await exchange.read();
    expect(controller.log).toEqual(['pause', 'resume']);
    exchange.destroy();
  });

  it('gives what had arrived before a connection broke, then the failure', async () => {
    const exchange = open();
    const controller = new FakeController();
    exchange.onRequestStart(controller);
    exchange.onResponseStart(controller, 200, {});
    exchange.onResponseData(controller, Buffer.from('half'));
    exchange.onResponseError(controller, new Error('reset'));
    expect((await exchange.read())?.toString()).toBe('half');
    expect((await failureOf(exchange.read())).failure).toBe('interrupted');
  });

  it('gives nothing more once it was aborted', async () => {
    const aborter = new AbortController();
    const exchange = open(aborter.signal);
    const controller = new FakeController();
    exchange.onRequestStart(controller);
    exchange.onResponseStart(controller, 200, {});
    exchange.onResponseData(controller, Buffer.from('half'));
    aborter.abort();
    expect((await failureOf(exchange.read())).failure).toBe('interrupted');
    expect(controller.log).toEqual(['abort']);
  });

  it('stops a body that grows beyond its limit', async () => {
    const exchange = open(undefined, { ...LIMITS, maxBodyBytes: 10 });
    const controller = new FakeController();
    exchange.onRequestStart(controller);
    exchange.onResponseStart(controller, 200, {});
    exchange.onResponseData(controller, Buffer.alloc(11));
    expect((await failureOf(exchange.read())).failure).toBe('malformed');
    expect(controller.log).toEqual(['abort']);
  });

  it('leaves no listener on the signal of a call that has ended', async () => {
    const aborter = new AbortController();
    const exchange = open(aborter.signal);
    const controller = new FakeController();
    exchange.onRequestStart(controller);
    exchange.onResponseStart(controller, 200, {});
    exchange.onResponseEnd();
    aborter.abort();
    expect(await exchange.read()).toBeNull();
    expect(controller.log).toEqual([]);
  });
});
