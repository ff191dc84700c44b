import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestingModule } from '@nestjs/testing';
import { AccountsService, PasswordHasher, PlansService } from '../../src/accounts/index.js';
import { newId } from '../../src/common/ids.js';
import { UnitOfWork } from '../../src/database/index.js';
import { givenAccount, startAccessNode } from '../support/access-node.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

describe('accounts', () => {
  let database: TestDatabase;
  let node: TestingModule;
  let other: TestingModule;
  let accounts: AccountsService;
  let unitOfWork: UnitOfWork;

  beforeAll(async () => {
    database = await createTestDatabase();
    [node, other] = await Promise.all([startAccessNode(database), startAccessNode(database)]);
    accounts = node.get(AccountsService);
    unitOfWork = node.get(UnitOfWork);
  });

  afterAll(async () => {
    await Promise.all([node?.close(), other?.close()]);
    await database?.drop();
  });

  const create = (email: string) => unitOfWork.run((tx) => accounts.create(tx, { email }));

  it('makes an account with the defaults of the design', async () => {
    const account = await create('  Ada@Example.COM ');

    expect(await accounts.getOrThrow(account.id)).toEqual({
      id: account.id,
      email: 'ada@example.com',
      plan: 'free',
      status: 'active',
      priceFactor: 1000,
      seeded: false,
      createdAt: expect.any(Date),
    });
  });

  it('an address belongs to one account, whatever its case, also when two race', async () => {
    const outcomes = await Promise.allSettled([
      create('Race@example.com'),
      create('race@EXAMPLE.com'),
    ]);

    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(create('race@example.com')).rejects.toMatchObject({
      code: 'conflict',
      facts: { param: 'email' },
    });
  });

  it.each([
    '',
    'nobody',
    '@',
    'a@',
    'a b@example.com',
    'a@b@c',
    'a\u0000@example.com',
    'a@\ud800.com',
  ])('refuses %j as an address', async (email) => {
    await expect(create(email)).rejects.toMatchObject({
      code: 'invalid_value',
      facts: { param: 'email' },
    });
  });

  it.each([newId(), 'x', '', '00000000-0000-0000-0000-00000000000G', "' OR 1=1 --"])(
    'answers not_found for the id %j',
    async (id) => {
      await expect(accounts.getOrThrow(id)).rejects.toMatchObject({ code: 'not_found' });
      await expect(accounts.patch(id, { plan: 'paid' })).rejects.toMatchObject({
        code: 'not_found',
      });
    },
  );

  it('lists pages with the number of all, also beyond the last', async () => {
    await givenAccount(node);
    await givenAccount(node);
    const all = await accounts.list({ limit: 100, offset: 0 });

    const [second] = (await accounts.list({ limit: 1, offset: 1 })).accounts;
    expect(second).toEqual(all.accounts[1]);
    expect(all.total).toBe(all.accounts.length);
    expect(await accounts.list({ limit: 10, offset: 1000 })).toEqual({
      accounts: [],
      total: all.total,
    });
  });

  it('changes what is named and keeps the rest', async () => {
    const { id } = await givenAccount(node);

    await accounts.patch(id, { priceFactor: 850 });
    await accounts.patch(id, { plan: 'paid' });
    const account = await accounts.patch(id, { status: 'suspended' });

    expect(account).toMatchObject({ plan: 'paid', status: 'suspended', priceFactor: 850 });
  });

  it.each([
    [{ priceFactor: 0 }, 'priceFactor'],
    [{ priceFactor: -1 }, 'priceFactor'],
    [{ priceFactor: 1.5 }, 'priceFactor'],
    [{ priceFactor: Number.NaN }, 'priceFactor'],
    [{ priceFactor: 1_000_001 }, 'priceFactor'],
    [{ plan: 'gold' as 'paid' }, 'plan'],
    [{ status: 'deleted' as 'active' }, 'status'],
  ])('refuses the change %j', async (change, param) => {
    const { id } = await givenAccount(node);

    await expect(accounts.patch(id, change)).rejects.toMatchObject({
      code: 'invalid_value',
      facts: { param },
    });
  });

  it('a change waits for the credit row, so that accept sees all of it or none', async () => {
    const { id } = await givenAccount(node);
    let changed: Promise<unknown> = Promise.resolve();
    let done = false;

    await unitOfWork.run(async (tx) => {
      await tx.query({
        text: 'SELECT 1 FROM credit_accounts WHERE account_id = $1 FOR UPDATE',
        values: [id],
      });
      changed = accounts.patch(id, { status: 'suspended' }).then(() => (done = true));
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(done).toBe(false);
    });

    await changed;
    expect((await accounts.getOrThrow(id)).status).toBe('suspended');
  });

  describe('plans', () => {
    it('ship without limits', () => {
      expect(node.get(PlansService).limitsOf('free')).toEqual({});
      expect(node.get(PlansService).limitsOf('paid')).toEqual({});
    });

    it('change on every node within a second', async () => {
      const limits = { requestsPerMinute: 60, creditsPerDay: 12.5, storedBytes: 5_000_000_000 };
      await node.get(PlansService).set('paid', limits);

      expect(node.get(PlansService).limitsOf('paid')).toEqual(limits);
      // A second on a quiet machine: two polls.
      await until(() => other.get(PlansService).limitsOf('paid').creditsPerDay === 12.5, 10_000);
      expect(other.get(PlansService).limitsOf('paid')).toEqual(limits);
      expect(other.get(PlansService).limitsOf('free')).toEqual({});
    });

    it.each([
      [{ concurrency: 0 }],
      [{ concurrency: 1.5 }],
      [{ concurrency: 2_147_483_648 }],
      [{ creditsPerDay: 0.0001 }],
      [{ requestsPerMinut: 5 }],
      [JSON.parse('{"__proto__": {"keys": 1}}')],
      [{ keys: '3' }],
    ])('refuse the limits %j', async (limits: object) => {
      await expect(node.get(PlansService).set('free', limits)).rejects.toMatchObject({
        code: 'invalid_value',
      });
    });
  });

  describe('passwords', () => {
    const hasher = new PasswordHasher();

    it('are argon2id hashes that verify, whatever their Unicode form', async () => {
      const hash = await hasher.hash('correct hörse battery');

      expect(hash).toMatch(/^\$argon2id\$/);
      expect(await hasher.verify(hash, 'correct ho\u0308rse battery')).toBe(true);
      expect(await hasher.verify(hash, 'correct horse battery')).toBe(false);
    });

    it('nobody has no password', async () => {
      expect(await hasher.verify(null, 'the password of nobody')).toBe(false);
    });

    it.each(['', 'short', 'x'.repeat(1025), 'é'.repeat(600)])('refuses %.20j', async (password) => {
      await expect(hasher.hash(password)).rejects.toMatchObject({ code: 'invalid_value' });
    });

    it('a flood of sign-ins is told to come back rather than queued for ever', async () => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 150 }, () => hasher.verify(null, 'a wrong password')),
      );
      const refused = outcomes.filter(({ status }) => status === 'rejected');

      expect(refused).toHaveLength(150 - 102);
      expect(refused[0]).toMatchObject({ reason: { code: 'rate_limit_exceeded' } });
    });
  });
});
