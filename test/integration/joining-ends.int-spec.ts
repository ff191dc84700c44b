import { newId } from '../../src/common/ids.js';
import { ROOM, WORKER } from '../support/ledger-node.js';
import { JoiningRig, print } from '../support/joining-rig.js';

let rig: JoiningRig;

beforeAll(async () => void (rig = await JoiningRig.start()));
afterAll(() => rig?.ledger.stop());
beforeEach(async () => void (rig.caller = await rig.ledger.givenAccount(100)));
afterEach(async () => {
  expect(await rig.ledger.check()).toMatchObject({ ok: true, violations: [] });
});

describe('a process that ends', () => {
  async function givenWorker(lease: string): Promise<string> {
    const id = newId();
    await rig.ledger.database.query(
      `INSERT INTO workers (id, name, role, lease_until) VALUES ($1, 'w', 'all', now() + $2::interval)`,
      [id, lease],
    );
    return id;
  }

  const expire = (worker: string) =>
    rig.ledger.database.query(
      `UPDATE workers SET lease_until = now() - interval '1 s' WHERE id = $1`,
      [worker],
    );
  const claim = (reap: boolean) => rig.ledger.store().claim(WORKER, 100, reap, ROOM);
  const isUndelivered = async (id: string) => (await rig.stateOf(id)).undelivered;

  it('loses the answers it owed once its lease has run out, before anybody has claimed them', async () => {
    const worker = await givenWorker('1 min');
    const body = print();
    const first = await rig.accepted(rig.request(body, {}, worker));
    await rig.accepted(rig.request(body));
    await expire(worker);
    expect(await rig.accept(rig.request(body))).toMatchObject({
      verdict: 'joined',
      generationId: first.id,
    });
    await rig.accepted(rig.request(body));
  });

  it('and is not judged by a process that has no lease itself', async () => {
    const worker = await givenWorker('1 min');
    const body = print();
    await rig.accepted(rig.request(body, {}, worker));
    await expire(worker);
    const lapsed = await givenWorker('-1 s');
    await rig.accepted(rig.request(body, {}, lapsed));
  });

  it('loses them for whoever claims them, and for work that goes on elsewhere', async () => {
    const worker = await givenWorker('1 min');
    const [own, queued] = [rig.request(print(), {}, worker), rig.request(print(), {}, worker)];
    await rig.accepted(own);
    await rig.queued(queued);
    await claim(false);
    expect(await isUndelivered(queued.id)).toBe(false);
    await expire(worker);
    const claimed = await claim(true);
    expect(claimed).toContainEqual({ id: own.id, model: 'm', abandoned: true });
    expect([await isUndelivered(own.id), await isUndelivered(queued.id)]).toEqual([true, true]);
    const left = await rig.ledger.database.query('SELECT 1 FROM workers WHERE id = $1', [worker]);
    expect(left).toEqual([]);
  });

  it('loses those of work that ended after it was gone, not those it delivered', async () => {
    const worker = await givenWorker('1 min');
    const [delivered, late] = [rig.request(print(), {}, worker), rig.request(print(), {}, worker)];
    await rig.deliver(await rig.accepted(delivered));
    await rig.deliver(await rig.accepted(late));
    await expire(worker);
    await rig.ledger.database.query(
      `UPDATE generations SET finished_at = finished_at - interval '10 s' WHERE id = $1`,
      [delivered.id],
    );
    await claim(true);
    expect([await isUndelivered(delivered.id), await isUndelivered(late.id)]).toEqual([
      false,
      true,
    ]);
  });

  it('loses what it owed after its lease had lapsed and it was taken for dead before', async () => {
    const buried = newId();
    const [own, queued] = [rig.request(print(), {}, buried), rig.request(print(), {}, buried)];
    await rig.deliver(await rig.accepted(own));
    await rig.queued(queued);
    await claim(false);
    await claim(true);
    expect([await isUndelivered(own.id), await isUndelivered(queued.id)]).toEqual([true, true]);
  });

  it('loses so what it had taken over from another', async () => {
    const buried = newId();
    const body = print();
    const first = await rig.accepted(rig.request(body));
    await rig.lose(first);
    await rig.accept(rig.request(body, {}, buried));
    await rig.deliver(first);
    await claim(true);
    expect(await isUndelivered(first.id)).toBe(true);
  });

  it('owes nothing more to a caller who was given the id', async () => {
    const worker = await givenWorker('1 min');
    const handed = await rig.accepted(rig.request(print(), {}, worker));
    const own = rig.deliveriesOf(worker);
    own.handedOver(handed.id, handed.delivery!);
    await own.settled();
    const async = await rig.accepted(
      rig.request(print(), { delivery: { mayJoin: true, waits: false } }, worker),
    );
    await expire(worker);
    await claim(true);
    expect([await isUndelivered(handed.id), await isUndelivered(async.id)]).toEqual([false, false]);
  });

  it('keeps what a repeat has taken over meanwhile in delivery', async () => {
    const worker = await givenWorker('1 min');
    const body = print();
    const first = await rig.accepted(rig.request(body, {}, worker));
    await expire(worker);
    await rig.accept(rig.request(body));
    await claim(true);
    expect(await rig.stateOf(first.id)).toEqual({ undelivered: false, waiter_id: WORKER });
  });
});
