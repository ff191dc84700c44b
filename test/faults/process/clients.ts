import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../simulator/random.js';
import type { Customer } from './easels.js';

/** What one HTTP request came to, as far as its client can tell. */
export interface Try {
  /** Null: the connection ended, or the client left, before a whole answer. */
  readonly status: number | null;
  readonly retryable: boolean;
  readonly code: string | null;
  readonly generationId: string | null;
  /** SHA-256 of the pictures of a 200, in order; of links what they led to. */
  readonly images: readonly string[];
  /** Milliseconds since the epoch. */
  readonly begun: number;
}

/** One wish of a customer and all the requests made for it; `tag` stands in its prompt. */
export interface Wish {
  readonly tag: string;
  readonly kind: Kind;
  readonly customer: Customer;
  readonly tries: Try[];
}

/**
 * `patient` reads its answer. `keyed` repeats with one Idempotency-Key, as SDKs
 * do. `fleeing` hangs up in the middle, and `returning` comes again after that
 * with the same body and no key.
 */
export type Kind = 'patient' | 'keyed' | 'fleeing' | 'returning';

const KINDS: readonly (readonly [Kind, number])[] = [
  ['patient', 10],
  ['keyed', 6],
  ['fleeing', 3],
  ['returning', 2],
];
/** What the upstream is told to do, by a mark in the prompt; empty: as it is set up. */
const UPSTREAM: readonly (readonly [string, number])[] = [
  ['', 24],
  ['null-data', 2],
  ['reset-before-headers', 1],
  ['reset-mid-body', 1],
  ['cut-mid-body', 1],
  ['status-500', 1],
  ['status-429', 1],
  ['refused', 1],
  ['html', 1],
  ['truncated-png', 1],
  ['url', 3],
];
const MOST_TRIES = 5;
const PATIENCE_MS = 90_000;

/** One client after the other of one customer, as long as it is told to go on. */
export class Client {
  private made = 0;

  constructor(
    private readonly name: string,
    private readonly customer: Customer,
    private readonly random: Random,
    private readonly origins: readonly string[],
    private readonly wishes: Wish[],
  ) {}

  async run(goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      await this.fulfil(this.nextWish());
      await sleep(this.random.between(0, 60));
    }
  }

  private nextWish(): Wish {
    const tag = `<${this.name}-${(this.made += 1)}>`;
    const wish: Wish = {
      tag,
      kind: this.random.weighted(KINDS),
      customer: this.customer,
      tries: [],
    };
    this.wishes.push(wish);
    return wish;
  }

  private async fulfil(wish: Wish): Promise<void> {
    const body = this.bodyOf(wish);
    const flees = wish.kind === 'fleeing' || wish.kind === 'returning';
    if (flees) await this.send(wish, body, AbortSignal.timeout(this.random.between(1, 700)));
    if (wish.kind === 'fleeing') return;
    if (wish.kind !== 'keyed') return this.send(wish, body);
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      await this.send(wish, body);
      if (!isRetried(wish.tries.at(-1)!)) return;
      await sleep(this.random.between(50, 400) * tries);
    }
  }

  private bodyOf({ tag }: Wish): string {
    const told = this.random.weighted(UPSTREAM);
    const mark = told === '' ? '' : ` [[stub:${told}]]`;
    return JSON.stringify({
      model: 'gpt-image-2',
      prompt: `A harbour ${tag}${mark}`,
      size: '1024x1024',
      n: told === 'null-data' ? 2 : this.random.weighted([[1, 4] as const, [2, 1] as const]),
      response_format: this.random.pick(['url', 'b64_json']),
    });
  }

  private async send(wish: Wish, body: string, leaves?: AbortSignal): Promise<void> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const signal = leaves ? AbortSignal.any([leaves, patience]) : patience;
    const begun = Date.now();
    let generationId: string | null = null;
    try {
      const answer = await this.post(wish, body, signal);
      generationId = answer.headers.get('x-generation-id');
      wish.tries.push({ ...(await read(answer)), begun });
    } catch {
      const lost = { status: null, retryable: true, code: null, images: [] };
      wish.tries.push({ ...lost, generationId, begun });
    }
  }

  /** Where nobody listens nothing was asked: the other address is tried. */
  private async post({ customer, kind, tag }: Wish, body: string, signal: AbortSignal) {
    const headers = new Headers({
      authorization: `Bearer ${customer.secret}`,
      'content-type': 'application/json',
    });
    if (kind === 'keyed') headers.set('idempotency-key', `key-${tag.slice(1, -1)}`);
    for (;;) {
      const url = `${this.random.pick(this.origins)}/v1/images/generations`;
      try {
        return await fetch(url, { method: 'POST', headers, body, signal });
      } catch (error) {
        const { code } = (error as { cause?: { code?: string } }).cause ?? {};
        if (code !== 'ECONNREFUSED' || signal.aborted) throw error;
        await sleep(50);
      }
    }
  }
}

/** As the OpenAI SDKs decide it. */
function isRetried({ status, retryable }: Try): boolean {
  return status !== 200 && retryable;
}

async function read(answer: Response): Promise<Omit<Try, 'begun'>> {
  const body = (await answer.json()) as {
    data?: { b64_json?: string; url?: string }[];
    error?: { code: string };
  };
  return {
    status: answer.status,
    retryable: answer.headers.get('x-should-retry') === 'true',
    code: body.error?.code ?? null,
    generationId: answer.headers.get('x-generation-id'),
    images: (body.data ?? []).map(fingerprintOf),
  };
}

function fingerprintOf({ b64_json: base64, url }: { b64_json?: string; url?: string }): string {
  if (base64 === undefined) return new URL(url!).pathname;
  return createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex');
}
