import { newId } from '../../src/common/ids.js';
import { RetentionRunner } from '../../src/relay/retention/retention-runner.js';
import { command, item, settlement } from '../support/ledger-node.js';
import { RetentionRig } from '../support/retention-rig.js';
import { until } from '../support/until.js';

describe('retention', () => {
  let rig: RetentionRig;

  beforeAll(async () => void (rig = await RetentionRig.start()));
  afterAll(() => rig.stop());

  describe('of idempotency keys', () => {
    it('removes 50,000 expired ones in batches while requests go on unhindered', async () => {
      await rig.givenPicture({ idempotencyKey: 'still good' });
      await rig.database.query(
        `INSERT INTO idempotency_keys (account_id, key, fingerprint, generation_id, expires_at)
         SELECT $1, 'old ' || n, '\\x00', gen_random_uuid(), now() - n * interval '1 ms'
           FROM generate_series(1, 50000) n`,
        [rig.accountId],
      );
      await rig.database.query('ANALYZE idempotency_keys');
      let swept = false;
      const begun = performance.now();
      const sweeping = rig.sweep('idempotency_keys').finally(() => (swept = true));
      const busy = await acceptTimes(() => swept);
      const sweptMs = performance.now() - begun;

      expect(await sweeping).toBe(50_000);
      expect(await rig.count('idempotency_keys')).toBe(1);
      expect(busy.length).toBeGreaterThan(20);
      // Nobody waits for the sweep: not a second, or on a slow machine not half of what it takes.
      expect(busy[Math.floor(busy.length * 0.99)]).toBeLessThan(Math.max(1_000, sweptMs / 2));
    });

    it('leaves a key that is being used again for the next time', async () => {
      const key = newId();
      await rig.givenPicture({ idempotencyKey: key });
      await rig.database.query(`UPDATE idempotency_keys SET expires_at = now() WHERE key = $1`, [
        key,
      ]);
      const [first, second] = await Promise.all([
        rig.givenPicture({ idempotencyKey: key }),
        rig.sweep('idempotency_keys'),
      ]);
      expect(second).toBeLessThanOrEqual(1);
      const [row] = await rig.database.query<{ generation_id: string }>(
        'SELECT generation_id FROM idempotency_keys WHERE key = $1',
        [key],
      );
      expect(row.generation_id).toBe(first.generationId);
    });

    async function acceptTimes(isOver: () => boolean): Promise<number[]> {
      const times: number[] = [];
      while (!isOver()) {
        const accepted = item(
          command(rig.accountId, null, { idempotencyKey: `new ${newId()}` }),
          0,
        );
        const begun = performance.now();
        await rig.store.accept(accepted);
        times.push(performance.now() - begun);
        await rig.store.settle(settlement(accepted, []));
        await rig.database.query('DELETE FROM idempotency_keys WHERE generation_id = $1', [
          accepted.id,
        ]);
      }
      return times.sort((a, b) => a - b);
    }
  });

  describe('of what processes leave', () => {
    it('removes workers that ended an hour ago and hold nothing', async () => {
      const [dead, lately, holding] = [newId(), newId(), newId()];
      const ages = { [dead]: '61 min', [lately]: '59 min', [holding]: '2 h' };
      for (const [id, age] of Object.entries(ages)) {
        await rig.database.query(
          `INSERT INTO workers (id, name, role, lease_until)
           VALUES ($1, 'w', 'all', now() - $2::interval)`,
          [id, age],
        );
      }
      await rig.store.accept(item(command(rig.accountId, null), 0, { workerId: holding }));

      expect(await rig.sweep('workers')).toBe(1);
      expect(await rig.sweep('workers')).toBe(0);

      expect(await rig.count(`workers WHERE id IN ('${lately}', '${holding}')`)).toBe(2);
    });

    it('removes rate counts whose minute is long over', async () => {
      await rig.database.query(
        `INSERT INTO rate_limits (key, points, expire)
         SELECT 'rpm:' || n, 1, (extract(epoch FROM now()) * 1000)::bigint - n * 1000
           FROM generate_series(-30, 1800) n WHERE n NOT BETWEEN 580 AND 620`,
      );
      await rig.database.query(`INSERT INTO rate_limits (key, points) VALUES ('for ever', 1)`);

      expect(await rig.sweep('rate_limits')).toBe(1180);

      expect(await rig.count(`rate_limits WHERE key = 'for ever' OR key = 'rpm:0'`)).toBe(2);
    });
  });

  describe('among several processes', () => {
    it('is done by one of them, and not again at once', async () => {
      const other = await rig.addNode();
      const runners = [rig.nodes[0], other].map((node) => node.get(RetentionRunner));
      await rig.database.query(`DELETE FROM settings WHERE key = 'retention_turn'`);
      const [one, another] = [await rig.givenLateResult('-1 s'), await rig.givenLateResult('-1 s')];

      await Promise.all(runners.map((runner) => runner.run()));
      expect(await rig.withObjects({ one, another })).toEqual([]);
      const third = await rig.givenLateResult('-1 s');
      await Promise.all(runners.map((runner) => runner.run()));
      expect(await rig.hasObject(third)).toBe(true);
      await rig.run();
      expect(await rig.hasObject(third)).toBe(false);
    });

    it('is taken over from one that died, and from a clock that was wrong', async () => {
      for (const [until, taken] of [
        ['- 1', true],
        ['+ 60000', false],
        ['+ 86400000', true],
      ] as const) {
        await rig.database.query(
          `INSERT INTO settings (key, value)
           VALUES ('retention_turn', $1 || ' ' || (extract(epoch FROM now()) * 1000 ${until})::bigint)
           ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
          [newId()],
        );
        const late = await rig.givenLateResult('-1 s');
        await rig.nodes[0].get(RetentionRunner).run();
        expect(await rig.hasObject(late)).toBe(!taken);
      }
    });

    it('stops at once when the process does, and leaves the rest for others', async () => {
      await rig.database.query(
        `INSERT INTO idempotency_keys (account_id, key, fingerprint, generation_id, expires_at)
         SELECT $1, 'more ' || n, '\\x00', gen_random_uuid(), now() FROM generate_series(1, 50000) n`,
        [rig.accountId],
      );
      const node = await rig.addNode();
      const running = rig.run(node);
      const left = () => rig.count(`idempotency_keys WHERE key LIKE 'more %'`);
      await until(async () => (await left()) < 50_000);
      await node.close();
      await running;
      rig.nodes.splice(rig.nodes.indexOf(node), 1);
      expect(await left()).toBeGreaterThan(0);

      await rig.run();
      expect(await left()).toBe(0);
    });

    it('survives a database that goes away, and goes on by itself', async () => {
      await rig.database.query(
        `INSERT INTO idempotency_keys (account_id, key, fingerprint, generation_id, expires_at)
         SELECT $1, 'gone ' || n, '\\x00', gen_random_uuid(), now() FROM generate_series(1, 20000) n`,
        [rig.accountId],
      );
      const running = rig.run();
      for (let kill = 0; kill < 3; kill += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        await rig.database.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'easel'`,
        );
      }
      await running;
      await until(async () => {
        await rig.run();
        return (await rig.count(`idempotency_keys WHERE key LIKE 'gone %'`)) === 0;
      });
      expect(await rig.violations()).toEqual([]);
    });
  });
});
