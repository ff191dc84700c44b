import type { Mutant } from './mutant.js';

const RECOVERY = 'src/relay/recovery.ts';

/** Bugs in who works on a generation, and what becomes of it. */
export const WORK: readonly Mutant[] = [
  {
    name: 'no-fence-at-settle',
    breaks: 'whoever was replaced changes nothing',
    rig: 'races',
    shows: /^settle by who was replaced was answered: ok/,
    edits: [
      {
        fn: 'relay_settle_one',
        from: 'ELSIF g.lease_token IS DISTINCT FROM p_token THEN',
        to: 'ELSIF false THEN',
      },
    ],
  },
  {
    name: 'no-fence-at-record',
    breaks: 'whoever was replaced adds no picture',
    rig: 'races',
    shows: /^record by who was replaced was answered: true/,
    edits: [
      {
        fn: 'relay_record_image',
        from: `AND x.status = 'processing' AND x.lease_token = p_token FOR SHARE`,
        to: `AND x.status = 'processing' FOR SHARE`,
      },
    ],
  },
  {
    name: 'lease-by-local-clock',
    breaks: 'a lease runs out by the clock of the database alone',
    rig: 'simulator',
    shows: /was taken from a worker whose lease had/,
    edits: [
      {
        file: 'src/relay/worker-lease.ts',
        from: `clock_timestamp() + $4 * interval '1 ms'`,
        to: 'to_timestamp($4::float8 / 1000)',
      },
      {
        file: 'src/relay/worker-lease.ts',
        from: 'this.env.ROLE, LEASE_MS]',
        to: 'this.env.ROLE, Date.now() + LEASE_MS]',
      },
    ],
  },
  {
    name: 'attempt-row-after-dispatch',
    breaks: 'what leaves for an upstream is written down before',
    rig: 'simulator',
    shows: /was sent to .* before its attempt was written/,
    edits: [
      { fn: 'relay_insert', from: 'IF p_token IS NOT NULL THEN', to: 'IF false THEN' },
      {
        file: 'src/relay/attempt.ts',
        from: `if (result.kind === 'images') return result;`,
        to: `await this.generations.nextAttempt(work.id, work.token, null, {
      id: attemptId,
      upstream: slot.upstream.name,
    });
    if (result.kind === 'images') return result;`,
      },
    ],
  },
  {
    name: 'cancel-always-releases',
    breaks: 'what was sent to an upstream is not given back before it says so',
    rig: 'simulator',
    shows: /was canceled and released after an attempt was sent/,
    edits: [
      {
        fn: 'relay_cancel',
        from: `PERFORM 1 FROM attempts a WHERE a.generation_id = p_id;
  IF FOUND THEN`,
        to: 'IF false THEN',
      },
    ],
  },
  {
    name: 'in-doubt-is-sent-again',
    breaks: 'nothing is bought twice because somebody died',
    rig: 'simulator',
    shows: /images bought at .* for .* asked/,
    edits: [
      {
        file: RECOVERY,
        from: 'const ending = endOf(row, abandoned && !this.isRepeatable(row));',
        to: 'const ending = endOf(row, false);',
      },
      {
        file: RECOVERY,
        from: 'new Set(sentBefore.filter((name) => !this.upstreams.isSafeToRepeat(name)))',
        to: 'new Set(sentBefore.slice(0, 0))',
      },
    ],
  },
  {
    name: 'claimed-without-a-lock',
    breaks: 'one process works on a generation',
    rig: 'races',
    shows: /^a generation was given to/,
    edits: [
      {
        fn: 'relay_take',
        from: `FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN false;
  END IF;`,
        to: ';',
      },
    ],
  },
  {
    name: 'signals-without-a-poll',
    breaks: 'a signal that is lost costs a second, not the generation',
    rig: 'simulator',
    shows: /^no rest within/,
    edits: [
      {
        file: RECOVERY,
        from: 'void this.poll().finally(() => this.schedule(POLL_MS))',
        to: 'void this.poll()',
      },
    ],
  },
  {
    name: 'one-task-for-all-calls',
    breaks: 'every call to an upstream has the task it began',
    rig: 'simulator',
    shows: /has one picture twice/,
    edits: [
      {
        fn: 'relay_save_task',
        from: 'jsonb_build_object(p_offset::text, p_task)',
        to: `jsonb_build_object('0', p_task, '1', p_task, '2', p_task, '3', p_task)`,
      },
    ],
  },
  {
    name: 'attempt-outlives-its-generation',
    breaks: 'an attempt ends with its generation',
    rig: 'simulator',
    shows: /^an ended generation has no attempt under way/,
    edits: [
      {
        fn: 'relay_settle_one',
        from: `WHERE a.generation_id = g.id AND a.state = 'sent';`,
        to: `WHERE a.generation_id = g.id AND a.state = 'planted';`,
      },
    ],
  },
  {
    name: 'object-without-its-asset-id',
    breaks: 'every picture has an object of its own',
    rig: 'races',
    shows: /^an object is another picture|^a generation failed|^a generation has \d of/,
    edits: [
      {
        file: 'src/storage/drivers/local-driver.ts',
        from: 'assetId.slice(0, PERIOD_DIGITS), assetId)',
        to: 'assetId.slice(0, PERIOD_DIGITS), assetId.slice(0, 13))',
      },
    ],
  },
];
