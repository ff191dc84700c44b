import { newId } from '../../src/common/ids.js';
import { asset, command, item, settlement } from '../support/ledger-node.js';
import { LedgerRig } from '../support/ledger-rig.js';

let rig: LedgerRig;

beforeAll(async () => void (rig = await LedgerRig.start()));
afterAll(() => rig?.stop());

describe('the end of a generation', () => {
  it.each([
    ['with images', [asset(0, 2)]],
    ['without one', []],
  ])('leaves no attempt under way, %s', async (_how, images) => {
    const { accountId, keyId } = await rig.givenAccount(10);
    const accepted = item(command(accountId, keyId), 2);
    await rig.store().accept(accepted);
    // Committed, but its answer was lost: the node settles without knowing of it.
    await rig.store().nextAttempt(accepted.id, accepted.lease.token, null, {
      id: newId(),
      upstream: 'other',
    });

    await rig.store().settle(settlement(accepted, images));

    const attempts = await rig.database.query<{ state: string }>(
      'SELECT state FROM attempts WHERE generation_id = $1 ORDER BY ordinal',
      [accepted.id],
    );
    expect(attempts).toEqual([{ state: 'unknown' }, { state: 'unknown' }]);
  });
});
