import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestingModule } from '@nestjs/testing';
import { AccountsService, PlansService } from '../../src/accounts/index.js';
import { ApiKeysService, KeyAuthenticator } from '../../src/api-keys/index.js';
import { KeyUses } from '../../src/api-keys/key-uses.service.js';
import { mintSecret } from '../../src/api-keys/secret.js';
import { newId } from '../../src/common/ids.js';
import { Database, UnitOfWork } from '../../src/database/index.js';
import {
  countQueries,
  givenAccount,
  givenKey,
  readChanges,
  startAccessNode,
} from '../support/access-node.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

const IP = '127.0.0.1';
const INVALID = {
  code: 'invalid_api_key',
  message: 'Invalid API key.',
  facts: {},
};
/** A second on a quiet machine: two polls. */
const ELSEWHERE_MS = 10_000;

describe('API keys', () => {
  let database: TestDatabase;
  let node: TestingModule;
  let other: TestingModule;

  beforeAll(async () => {
    database = await createTestDatabase();
    [node, other] = await Promise.all([startAccessNode(database), startAccessNode(database)]);
  });

  afterAll(async () => {
    await Promise.all([node?.close(), other?.close()]);
    await database?.drop();
  });

  const authenticate = (secret: string, on = node, ip: string | undefined = IP) => {
    return on.get(KeyAuthenticator).authenticate(secret, ip);
  };

  const refused = (secret: string, on: TestingModule) => {
    return authenticate(secret, on).then(
      () => false,
      () => true,
    );
  };

  it('a secret leads to its caller, and is nowhere in the database', async () => {
    const account = await givenAccount(node, 'paid');
    const expiresAt = new Date(Date.now() + 86_400_000);
    const { key, secret } = await givenKey(node, account.id, {
      name: 'shop',
      style: 'aiimg',
      scopes: ['images.create'],
      models: ['gpt-image-2'],
      allowedCidrs: ['127.0.0.0/8'],
      limits: { concurrency: 3, creditsPerDay: 1.5 },
      expiresAt,
    });

    expect(await authenticate(secret)).toEqual({
      accountId: account.id,
      plan: 'paid',
      priceFactor: 1000,
      keyId: key.id,
      keyName: 'shop',
      keyPrefix: key.prefix,
      mode: 'live',
      profile: 'aiimg',
      scopes: ['images.create'],
      models: ['gpt-image-2'],
      allowedCidrs: ['127.0.0.0/8'],
      limits: { concurrency: 3, creditsPerDay: 1.5 },
      expiresAt,
    });
    const [row] = await database.query<{ text: string }>(
      'SELECT row_to_json(k)::text AS text FROM api_keys k WHERE id = $1',
      [key.id],
    );
    expect(row.text).not.toContain(secret.slice(-30));
    expect(JSON.stringify(key)).not.toContain(secret.slice(-30));
  });

  it('unknown, malformed, revoked, expired and suspended are told apart by nothing', async () => {
    const account = await givenAccount(node);
    const revoked = await givenKey(node, account.id);
    await node.get(ApiKeysService).revoke(revoked.key.id);
    const expired = await givenKey(node, account.id);
    await database.query('UPDATE api_keys SET expires_at = now() WHERE id = $1', [expired.key.id]);
    const suspendedAccount = await givenAccount(node);
    const suspended = await givenKey(node, suspendedAccount.id);
    await node.get(AccountsService).patch(suspendedAccount.id, { status: 'suspended' });

    for (const secret of [
      mintSecret('easel', 'live'),
      `${mintSecret('easel', 'live').slice(0, -1)}!`,
      '',
      revoked.secret,
      expired.secret,
      suspended.secret,
    ]) {
      const error: unknown = await authenticate(secret).catch((reason: unknown) => reason);
      expect(error).toMatchObject(INVALID);
    }
  });

  it('garbage costs no query, every well-formed guess one and its repetition none', async () => {
    const node = await startAccessNode(database);
    const revoked = await givenKey(node, (await givenAccount(node)).id);
    await node.get(ApiKeysService).revoke(revoked.key.id);
    await readChanges(node);
    const queries = countQueries(node);
    const secret = mintSecret('easel', 'live');

    for (const garbage of ['', 'sk-x', secret.slice(1), secret.replace('-live-', '-test-')]) {
      await expect(authenticate(garbage, node)).rejects.toMatchObject(INVALID);
    }
    expect(queries()).toBe(0);

    for (const guess of [secret, revoked.secret, secret, revoked.secret]) {
      await expect(authenticate(guess, node)).rejects.toMatchObject(INVALID);
    }
    expect(queries()).toBe(2);
    await node.close();
  });

  it('parallel first uses of a key share one query', async () => {
    const node = await startAccessNode(database);
    const { secret } = await givenKey(other, (await givenAccount(other)).id);
    await readChanges(node);
    const queries = countQueries(node);

    const callers = await Promise.all(Array.from({ length: 50 }, () => authenticate(secret, node)));

    expect(new Set(callers.map(({ keyId }) => keyId)).size).toBe(1);
    expect(queries()).toBe(1);
    await node.close();
  });

  it('a revocation holds at once here and within a second on another node', async () => {
    const { key, secret } = await givenKey(node, (await givenAccount(node)).id);
    await authenticate(secret, node);
    await authenticate(secret, other);

    const { revokedAt } = await node.get(ApiKeysService).revoke(key.id);

    await expect(authenticate(secret, node)).rejects.toMatchObject(INVALID);
    await until(() => refused(secret, other), ELSEWHERE_MS);
    expect((await node.get(ApiKeysService).revoke(key.id)).revokedAt).toEqual(revokedAt);
  });

  it('a suspension holds within a second everywhere, and so does its end', async () => {
    const account = await givenAccount(node);
    const { secret } = await givenKey(node, account.id);
    await authenticate(secret, other);

    await node.get(AccountsService).patch(account.id, { status: 'suspended' });
    await until(() => refused(secret, other), ELSEWHERE_MS);

    await node.get(AccountsService).patch(account.id, { status: 'active', priceFactor: 900 });
    await until(async () => !(await refused(secret, other)), ELSEWHERE_MS);
    expect(await authenticate(secret, other)).toMatchObject({ priceFactor: 900 });
  });

  it('a row read before a revocation is not remembered after it', async () => {
    const node = await startAccessNode(database);
    const { key, secret } = await givenKey(node, (await givenAccount(node)).id);
    await readChanges(node);
    const db = node.get(Database);
    const query = db.query.bind(db);
    let release = (): void => undefined;
    let isRead = false;
    const held = new Promise<void>((resolve) => (release = resolve));
    db.query = async (sql) => {
      const rows = await query(sql);
      if (sql.name === 'api-keys-authenticate') {
        isRead = true;
        await held;
      }
      return rows as never;
    };

    const early = authenticate(secret, node);
    await until(() => isRead);
    await node.get(ApiKeysService).revoke(key.id);
    const late = authenticate(secret, node);
    release();

    expect((await early).keyId).toBe(key.id);
    await expect(late).rejects.toMatchObject(INVALID);
    await expect(authenticate(secret, node)).rejects.toMatchObject(INVALID);
    await node.close();
  });

  it('memory cannot serve a key that has expired meanwhile', async () => {
    const { secret } = await givenKey(node, (await givenAccount(node)).id, {
      expiresAt: new Date(Date.now() + 600_000),
    });
    await authenticate(secret);
    const later = Date.now() + 600_000;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => later);
    const error: unknown = await authenticate(secret).catch((reason: unknown) => reason);
    clock.mockRestore();

    expect(error).toMatchObject(INVALID);
  });

  it('a revocation waits for the credit row, so that accept sees it or was first', async () => {
    const account = await givenAccount(node);
    const { key } = await givenKey(node, account.id);
    let revoked: Promise<unknown> = Promise.resolve();
    let done = false;

    await node.get(UnitOfWork).run(async (tx) => {
      await tx.query({
        text: 'SELECT 1 FROM credit_accounts WHERE account_id = $1 FOR UPDATE',
        values: [account.id],
      });
      revoked = node
        .get(ApiKeysService)
        .revoke(key.id)
        .then(() => (done = true));
      await sleep(200);
      expect(done).toBe(false);
    });

    await revoked;
    expect(done).toBe(true);
  });

  it.each([
    ['203.0.113.9', true],
    ['::ffff:203.0.113.9', true],
    ['2001:db8::7', true],
    ['203.0.114.1', false],
    ['2001:db9::7', false],
    [undefined, false],
  ])('a key bound to networks answers %s: %s', async (ip, allowed) => {
    const { secret } = await givenKey(node, (await givenAccount(node)).id, {
      allowedCidrs: ['203.0.113.0/24', '2001:db8::/32'],
    });
    const answer = node.get(KeyAuthenticator).authenticate(secret, ip);

    if (allowed) await expect(answer).resolves.toMatchObject({ mode: 'live' });
    else await expect(answer).rejects.toMatchObject({ code: 'ip_not_allowed' });
  });

  it('a change keeps what it does not name, and null lifts a restriction', async () => {
    const keys = node.get(ApiKeysService);
    const { key, secret } = await givenKey(node, (await givenAccount(node)).id, {
      scopes: ['images.read'],
      models: ['gpt-image-2'],
      limits: { concurrency: 3, imagesPerDay: 10 },
    });

    const changed = await keys.patch(key.id, {
      name: 'renamed',
      scopes: null,
      limits: { concurrency: null, requestsPerMinute: 5 },
    });

    expect(changed).toEqual({
      ...key,
      name: 'renamed',
      scopes: null,
      limits: { imagesPerDay: 10, requestsPerMinute: 5 },
    });
    expect(await keys.list(key.accountId)).toEqual([changed]);
    expect(await authenticate(secret)).toMatchObject({ keyName: 'renamed', scopes: null });
    for (const bad of [{ name: '' }, { expiresAt: new Date(0) }, { limits: { concurrency: -1 } }]) {
      await expect(keys.patch(key.id, bad)).rejects.toMatchObject({ code: 'invalid_value' });
    }
    expect(await keys.list(key.accountId)).toEqual([changed]);
  });

  it('what is not there, or revoked, cannot be changed', async () => {
    const keys = node.get(ApiKeysService);
    const { key } = await givenKey(node, (await givenAccount(node)).id);
    await keys.revoke(key.id);

    await expect(keys.patch(key.id, { name: 'x' })).rejects.toMatchObject({ code: 'not_found' });
    for (const id of [newId(), 'x', '../x']) {
      await expect(keys.patch(id, { name: 'x' })).rejects.toMatchObject({ code: 'not_found' });
      await expect(keys.revoke(id)).rejects.toMatchObject({ code: 'not_found' });
      await expect(givenKey(node, id)).rejects.toMatchObject({ code: 'not_found' });
      expect(await keys.list(id)).toEqual([]);
    }
  });

  it("a plan's number of keys holds under parallel creation; revoked keys make room", async () => {
    await node.get(PlansService).set('paid', { keys: 3 });
    const account = await givenAccount(node, 'paid');

    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => givenKey(node, account.id)),
    );

    const keys = await node.get(ApiKeysService).list(account.id);
    expect(keys).toHaveLength(3);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'conflict' },
    });
    await node.get(ApiKeysService).revoke(keys[0].id);
    await expect(givenKey(node, account.id)).resolves.toBeDefined();
  });

  it('remembers when a key was last used, in one statement for many uses', async () => {
    const { key, secret } = await givenKey(node, (await givenAccount(node)).id);
    const before = Date.now();
    await authenticate(secret);
    await authenticate(secret);
    const queries = countQueries(node);

    await node.get(KeyUses).flush();
    await node.get(KeyUses).flush();

    expect(queries()).toBe(1);
    const [{ lastUsedAt }] = await node.get(ApiKeysService).list(key.accountId);
    expect(lastUsedAt?.getTime()).toBeGreaterThanOrEqual(before);
  });
});
