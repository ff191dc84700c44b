import { HOLD_CHECK, NO_FLOOR } from './money.js';
import type { Mutant } from './mutant.js';

const ACCOUNT_LOCK = 'IF p_wait THEN';

/** Bugs in what may begin, and in what a repeat of it leads to. */
export const ONCE: readonly Mutant[] = [
  {
    name: 'no-account-lock',
    breaks: 'accepts of one account happen one after the other',
    rig: 'races',
    shows: /^nothing is below zero|are allowed$/,
    edits: [
      { fn: 'relay_accept', from: 'ORDER BY c.account_id FOR UPDATE;', to: ';' },
      { fn: 'relay_accept', from: 'ORDER BY c.account_id FOR UPDATE SKIP LOCKED', to: '' },
      HOLD_CHECK,
      ...NO_FLOOR,
    ],
  },
  {
    name: 'limits-read-before-the-lock',
    breaks: 'a limit holds, however many ask at once',
    rig: 'races',
    shows: /are allowed$/,
    edits: [
      { fn: 'relay_accept', from: 'v_joined uuid;', to: 'v_joined uuid;\n  v_early text[];' },
      {
        fn: 'relay_accept',
        from: ACCOUNT_LOCK,
        to: `SELECT array_agg(relay_limit_of(c.in_flight, c.images_in_flight, c.credits_in_flight,
           c.images_day, c.credits_day, c.credits_month, (p.item ->> 'count')::integer,
           (p.item ->> 'hold')::bigint, p_caps[(p.place - 1) * 8 + 1 : (p.place - 1) * 8 + 4])
         ORDER BY p.place) INTO v_early
    FROM unnest(p_accounts, p_rows) WITH ORDINALITY p(account, item, place)
    JOIN account_counters c ON c.account_id = p.account;
  ${ACCOUNT_LOCK}`,
      },
      {
        fn: 'relay_accept',
        from: `ELSE
        SELECT l.verdict, l.scope INTO verdict, scope`,
        to: `ELSIF v_early[i] IS NOT NULL THEN
        verdict := v_early[i];
        scope := 'account';
      ELSE
        SELECT l.verdict, l.scope INTO verdict, scope`,
      },
      {
        fn: 'relay_accept',
        from: 'v_hold, p_caps[(i - 1) * 8 + 1 : i * 8]) l',
        to: `v_hold, '{}') l`,
      },
    ],
  },
  {
    name: 'no-idempotency-conflict-check',
    breaks: 'an Idempotency-Key leads back to the same request only',
    rig: 'simulator',
    shows: /was given the generation of another request$/,
    edits: [
      {
        fn: 'relay_bound_key',
        from: `CASE WHEN v_bound.fingerprint = p_print THEN 'duplicate' ELSE 'key_reused' END`,
        to: `'duplicate'`,
      },
    ],
  },
  {
    name: 'unheard-accept-not-recognized',
    breaks: 'an accept whose answer was lost can be asked for again',
    rig: 'races',
    shows: /^accept was answered/,
    edits: [
      {
        fn: 'relay_accept',
        from: `PERFORM 1 FROM generations g WHERE g.id = p_ids[i];
    IF FOUND THEN`,
        to: 'IF false THEN',
      },
    ],
  },
  {
    name: 'joined-without-the-key',
    breaks: 'what was lost on its way is given to whoever asked for it, and nobody else',
    rig: 'races',
    shows: /^a lost answer was given to another key/,
    edits: [
      {
        fn: 'relay_join',
        from: 'WHERE g.undelivered AND g.api_key_id = p_key AND g.fingerprint = p_print',
        to: 'WHERE g.undelivered AND g.fingerprint = p_print',
      },
    ],
  },
  {
    name: 'lost-answer-taken-twice',
    breaks: 'an answer is owed once',
    rig: 'races',
    shows: /^a lost answer was given to two/,
    edits: [
      {
        fn: 'relay_join',
        from: 'SET undelivered = false, delivery = v_delivery,',
        to: 'SET delivery = v_delivery,',
      },
    ],
  },
  {
    name: 'revoked-keys-still-spend',
    breaks: 'after a key is revoked nothing is accepted with it',
    rig: 'races',
    shows: /^a revoked key was accepted/,
    edits: [{ fn: 'relay_gate', from: 'AND k.revoked_at IS NULL', to: '' }],
  },
  {
    name: 'retry-after-it-was-sent',
    breaks: '"retry" is said only where no byte reached an upstream',
    rig: 'retries',
    shows: /^what had been sent was sent by/,
    edits: [
      {
        file: 'src/relay/failure.ts',
        from: `retryable: failure === 'unavailable' && !anySent,`,
        to: `retryable: failure === 'unavailable',`,
      },
    ],
  },
  {
    name: 'inverted-should-retry',
    breaks: 'the official SDK buys nothing twice',
    rig: 'retries',
    shows: /^what had been sent was sent by/,
    edits: [
      {
        file: 'src/surface-kit/surface-error.filter.ts',
        from: 'String(failure.retryable)',
        to: 'String(!failure.retryable)',
      },
    ],
  },
];
