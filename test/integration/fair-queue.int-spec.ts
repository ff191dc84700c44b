import { command, item, ROOM, settlement, WORKER } from '../support/ledger-node.js';
import { LedgerRig } from '../support/ledger-rig.js';

type Account = Awaited<ReturnType<LedgerRig['givenAccount']>>;

let rig: LedgerRig;

beforeAll(async () => void (rig = await LedgerRig.start()));
afterAll(() => rig?.stop());
afterEach(async () => {
  await endAll();
  expect(await rig.check()).toMatchObject({ ok: true, violations: [] });
});

/** @returns id of a generation in the queue */
async function queue({ accountId, keyId }: Account, model = 'm'): Promise<string> {
  const asked = command(accountId, keyId);
  const pending = item({ ...asked, request: { ...asked.request, model } }, 1, { lease: null });
  expect((await rig.store().accept(pending)).verdict).toBe('ok');
  return pending.id;
}

async function queueMany(account: Account, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made += 1) ids.push(await queue(account));
  return ids;
}

async function claim(limit: number, room = ROOM): Promise<string[]> {
  const claimed = await rig.store().claim(WORKER, limit, false, room);
  return claimed.map(({ id }) => id);
}

async function placeOf(id: string): Promise<number> {
  const [{ ahead }] = await rig.database.query<{ ahead: number }>(
    'SELECT ahead FROM relay_queue_place($1)',
    [id],
  );
  return ahead;
}

async function endAll(): Promise<void> {
  while ((await claim(100)).length > 0);
  const open = await rig.database.query<{ id: string; accountId: string; token: string }>(
    `SELECT id, account_id AS "accountId", lease_token AS token
       FROM generations WHERE status = 'processing'`,
  );
  for (const { id, accountId, token } of open) {
    const ending = settlement(item(command(accountId, null), 0), []);
    await rig.store().settle({ ...ending, id, accountId, token });
  }
}

describe('the queue', () => {
  it('serves a newcomer next, whatever backlog another account has and however slots come free', async () => {
    const [long, short] = [await rig.givenAccount(100), await rig.givenAccount(100)];
    const backlog = await queueMany(long, 20);
    expect(await claim(1)).toEqual([backlog[0]]);
    expect(await claim(1)).toEqual([backlog[1]]);

    const [first, second] = await queueMany(short, 2);

    const order: string[] = [];
    for (let slot = 0; slot < 5; slot += 1) order.push(...(await claim(1)));
    expect(order).toEqual([first, backlog[2], second, backlog[3], backlog[4]]);
  });

  it('tells the place at which each is served', async () => {
    const accounts = await Promise.all(Array.from({ length: 4 }, () => rig.givenAccount(100)));
    const ids: string[] = [];
    for (const [index, times] of [5, 1, 3, 2].entries()) {
      ids.push(...(await queueMany(accounts[index], times)));
    }
    ids.push(await queue(accounts[1]), await queue(accounts[0]));
    ids.splice(ids.indexOf((await claim(1))[0]), 1);

    const places = new Map<string, number>();
    for (const id of ids) places.set(id, await placeOf(id));

    const served: string[] = [];
    for (const _ of ids) served.push(...(await claim(1)));
    expect(served.map((id) => places.get(id))).toEqual(ids.map((_, index) => index));
  });

  it('gives a worker no more of a model than it has room for', async () => {
    const account = await rig.givenAccount(100);
    const slow = [await queue(account, 'slow'), await queue(account, 'slow')];
    const quick = [await queue(account), await queue(account), await queue(account)];

    const first = await claim(9, new Map([['slow', 1], ['m', 2]])); // prettier-ignore
    expect(first.sort()).toEqual([slow[0], quick[0], quick[1]].sort());
    expect(await claim(9, new Map([['slow', 0], ['m', -1]]))).toEqual([]); // prettier-ignore
    expect(await claim(9, new Map([['slow', 9]]))).toEqual([slow[1]]);
    expect(await claim(9)).toEqual([quick[2]]);
  });

  it('is shared by workers that claim at once without waiting for each other or taking one twice', async () => {
    const accounts = await Promise.all(Array.from({ length: 6 }, () => rig.givenAccount(100)));
    const ids = (await Promise.all(accounts.map((account) => queueMany(account, 10)))).flat();

    const taken: string[] = [];
    while (taken.length < ids.length) {
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, node) => rig.store(node).claim(WORKER, 2, false, ROOM)),
      );
      taken.push(...claims.flat().map(({ id }) => id));
    }

    expect(taken.sort()).toEqual(ids.sort());
  });
});
