import type pg from 'pg';
import { clock } from './clock.js';
import type { Witness } from './database-port.js';
import type { Trace } from './trace.js';
import type { UpstreamWorld } from './upstream-world.js';

const LEASE_MS = 15_000;
/** Prices of a superseded catalog are honoured this long (design §2). */
const GRACE_MS = 5_000;

type Rows = readonly Record<string, unknown>[];

/** Who waits for the answer of a generation. */
interface Debt {
  readonly requestId: string;
  readonly workerId: string;
  lost: boolean;
}

/**
 * Watches statements in the order in which they took effect and judges each by
 * what was true at that moment. Knows the rules, not the functions that keep them.
 */
export class Observer implements Witness {
  readonly violations: string[] = [];
  readonly accepted: { readonly id: string; readonly accountId: string }[] = [];
  readonly supersededAt = new Map<number, number>();
  /** The generation that a request made or joined. */
  readonly generationOf = new Map<string, string>();
  private readonly debts = new Map<string, Debt>();
  /** Requests whose answer did not arrive. */
  private readonly lost = new Set<string>();
  /** Requests accepted by a process that had no lease itself: it takes nobody for dead. */
  readonly blind = new Set<string>();
  private readonly seen = new Set<string>();
  private readonly revoked = new Set<string>();
  private readonly suspended = new Set<string>();
  private readonly leases = new Map<string, number>();
  private readonly holders = new Map<string, string>();
  private readonly judges: Readonly<Record<string, (values: unknown[], rows: Rows) => void>> = {
    relay_accept: (values, rows) => this.onAccept(values, rows),
    relay_cancel: (values, rows) => this.onCancel(values[0] as string, rows[0]),
    relay_claim: (values, rows) => rows.forEach((row) => this.onClaim(values[0] as string, row)),
    worker_renew: ([id]) => void this.leases.set(id as string, clock.nowMs + LEASE_MS),
  };

  constructor(
    private readonly trace: Trace,
    private readonly upstreams: UpstreamWorld,
  ) {}

  report(violation: string): void {
    this.violations.push(violation);
  }

  onStatement(config: pg.QueryConfig, rows: Rows): void {
    const values = (config.values ?? []) as unknown[];
    this.judges[config.name ?? '']?.(values, rows);
    if (config.text.startsWith('DELETE FROM workers')) this.leases.delete(values[0] as string);
  }

  onCommit(statements: readonly pg.QueryConfig[]): void {
    for (const { text, values = [] } of statements) {
      const [id, , status] = values as string[];
      if (/UPDATE api_keys[^]*revoked_at =/.test(text)) this.revoked.add(id);
      if (!text.startsWith('UPDATE accounts')) continue;
      if (status === 'suspended') this.suspended.add(id);
      if (status === 'active') this.suspended.delete(id);
    }
  }

  /** One call accepts for many: their facts stand in arrays, the answers in the same order. */
  private onAccept(values: unknown[], rows: Rows): void {
    const [workerId, ids, accounts, keys, facts, inputs] = values as [string, ...string[][]];
    for (const [at, id] of ids.entries()) {
      const asked = [id, accounts[at], keys[at], facts[at], inputs[at]] as const;
      this.onAnswer(workerId, asked, rows[at]);
    }
  }

  private onAnswer(
    workerId: string,
    [id, accountId, keyId, row, input]: readonly [string, string, string, string, string],
    answer: Rows[number] | undefined,
  ): void {
    const { requestId } = JSON.parse(input) as { requestId: string };
    if (answer?.verdict === 'joined') {
      return this.onJoin(answer.generationId as string, workerId, requestId);
    }
    const isNew = answer?.verdict === 'ok' && answer.generationId === id && !this.seen.has(id);
    if (!isNew) return;
    this.seen.add(id);
    this.accepted.push({ id, accountId });
    this.trace.name(id, `g${this.accepted.length}`);
    this.holders.set(id, workerId);
    this.generationOf.set(requestId, id);
    this.owe(id, requestId, workerId);
    if ((this.leases.get(workerId) ?? 0) < clock.nowMs) this.blind.add(requestId);
    const { catalog } = JSON.parse(row) as { catalog: number };
    this.judgeSpending(this.trace.nameOf(id), accountId, keyId, catalog);
  }

  private judgeSpending(name: string, accountId: string, keyId: string, catalog: number): void {
    const supersededMs = clock.nowMs - (this.supersededAt.get(catalog) ?? clock.nowMs);
    if (this.revoked.has(keyId)) this.report(`${name} was accepted with a revoked key`);
    if (this.suspended.has(accountId)) this.report(`${name} was accepted for a suspended account`);
    if (supersededMs > GRACE_MS) {
      this.report(`${name} was accepted with prices superseded ${supersededMs} ms ago`);
    }
  }

  /** What is accepted after its answer was given up is lost from the first. */
  private owe(id: string, requestId: string, workerId: string): void {
    this.debts.set(id, { requestId, workerId, lost: this.lost.has(requestId) });
  }

  /** The answer to this request did not arrive. */
  lose(requestId: string): void {
    this.lost.add(requestId);
    const debt = this.debts.get(this.generationOf.get(requestId) ?? '');
    if (debt?.requestId === requestId) debt.lost = true;
  }

  /**
   * An answer that was delivered, or is still waited for, belongs to whoever asked;
   * only a lost one may be taken over, once.
   */
  private onJoin(id: string, workerId: string, requestId: string): void {
    this.generationOf.set(requestId, id);
    const debt = this.debts.get(id);
    if (debt?.requestId === requestId) return;
    const isDead = debt && (this.leases.get(debt.workerId) ?? 0) < clock.nowMs;
    if (debt && !debt.lost && !isDead) {
      this.report(
        `${requestId} joined ${this.trace.nameOf(id)}, which ${debt.requestId} waits for`,
      );
    }
    this.owe(id, requestId, workerId);
  }

  private onClaim(workerId: string, { id, abandoned }: Record<string, unknown>): void {
    const holder = this.holders.get(id as string);
    const until = holder === undefined ? undefined : this.leases.get(holder);
    if (abandoned && until !== undefined && until >= clock.nowMs) {
      const name = this.trace.nameOf(id as string);
      this.report(
        `${name} was taken from a worker whose lease had ${until - clock.nowMs} ms to go`,
      );
    }
    this.holders.set(id as string, workerId);
  }

  private onCancel(id: string, row: Record<string, unknown> | undefined): void {
    if (row?.verdict !== 'canceled') return;
    const sent = this.upstreams.calls.filter(({ generationId }) => generationId === id);
    if (sent.length === 0) return;
    this.report(`${this.trace.nameOf(id)} was canceled and released after an attempt was sent`);
  }
}
