import { newId } from '../../src/common/ids.js';
import { Database } from '../../src/database/index.js';
import { Deliveries } from '../../src/relay/deliveries.js';
import type { AcceptAnswer, AcceptItem } from '../../src/relay/generation-items.js';
import type { RelayCommand } from '../../src/relay/index.js';
import type { WorkerLease } from '../../src/relay/worker-lease.js';
import { asset, command, item, settlement, WORKER } from './ledger-node.js';
import { LedgerRig } from './ledger-rig.js';

export const PRICE = 2;
const WAITS = { mayJoin: true, waits: true };

export type Leased = ReturnType<typeof item>;

/** What makes two requests equal. */
export const print = (): Buffer => Buffer.from(newId().replaceAll('-', '').repeat(2), 'hex');

/** Requests without an Idempotency-Key of one caller, and what becomes of their answers. */
export class JoiningRig {
  caller = { accountId: '', keyId: '' };
  private readonly deliveries: Deliveries;
  private lastDelivery = 0;

  private constructor(readonly ledger: LedgerRig) {
    this.deliveries = this.deliveriesOf(WORKER);
  }

  static async start(): Promise<JoiningRig> {
    return new JoiningRig(await LedgerRig.start());
  }

  deliveriesOf(workerId: string): Deliveries {
    return new Deliveries(this.ledger.nodes[0].get(Database), { workerId } as WorkerLease);
  }

  request(body: Buffer, change: Partial<RelayCommand> = {}, worker = WORKER): Leased {
    const { accountId, keyId } = this.caller;
    const asked = command(accountId, keyId, { fingerprint: body, delivery: WAITS, ...change });
    const owed = asked.idempotencyKey === null && asked.delivery;
    const delivery = owed ? (this.lastDelivery += 1) : null;
    return item(asked, PRICE, { delivery, workerId: worker });
  }

  accept(asked: AcceptItem, node = 0): Promise<AcceptAnswer> {
    return this.ledger.store(node).accept(asked);
  }

  async accepted(asked: Leased): Promise<Leased> {
    expect(await this.accept(asked)).toMatchObject({ verdict: 'ok', generationId: asked.id });
    return asked;
  }

  /** Waits in the queue: no upstream had room. */
  async queued(asked: Leased): Promise<Leased> {
    await this.accepted({ ...asked, lease: null } as never);
    return asked;
  }

  async lose({ id, delivery }: Pick<AcceptItem, 'id' | 'delivery'>): Promise<void> {
    this.deliveries.lost(id, delivery!);
    await this.deliveries.settled();
  }

  deliver(asked: Leased): Promise<string> {
    return this.ledger.store().settle(settlement(asked, [asset(0, PRICE)]));
  }

  fail(asked: Leased): Promise<string> {
    return this.ledger.store().settle(settlement(asked, []));
  }

  balance(): Promise<[number, number]> {
    return this.ledger.balance(this.caller.accountId);
  }

  async stateOf(id: string): Promise<{ undelivered: boolean; waiter_id: string | null }> {
    const [row] = await this.ledger.database.query<{
      undelivered: boolean;
      waiter_id: string | null;
    }>('SELECT undelivered, waiter_id FROM generations WHERE id = $1', [id]);
    return row;
  }
}
