import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { AccountsService, PasswordHasher } from '../accounts/index.js';
import { ApiKeysService } from '../api-keys/index.js';
import { MILLI } from '../common/credits.js';
import { Env } from '../config/index.js';
import { CreditsService } from '../credits/index.js';
import { type Tx, UnitOfWork } from '../database/index.js';

const FIRST_START_LOCK = 7_274_610_003;
const DEMO_EMAIL = 'demo@easel.invalid';
const DEMO_CREDITS = 100n;
export const CREDENTIALS_FILE = 'credentials.txt';

/** What was generated just now; each is null when the database (or a variable) holds one already. */
export interface FirstCredentials {
  readonly adminKey: string | null;
  readonly login: { readonly email: string; readonly password: string } | null;
  readonly demoKey: string | null;
}

/**
 * Makes what a new database lacks: the operator's key, the console's first
 * login, and an account with credits and a live key to try things with. Only
 * hashes are stored. Nodes that start together queue on a lock, so each is made
 * once; the plain texts go to a file only its owner can read.
 */
export async function firstStart(app: INestApplicationContext): Promise<FirstCredentials> {
  const env = app.get(Env);
  const made = await app.get(UnitOfWork).run(
    async (tx) => {
      await tx.query({ text: 'SELECT pg_advisory_xact_lock($1)', values: [FIRST_START_LOCK] });
      return {
        adminKey: await adminKey(env, tx),
        login: await login(app, tx),
        demoKey: await demoKey(app, tx),
      };
    },
    { statementMs: 30_000 },
  );
  await write(env.DATA_DIR, made);
  return made;
}

/** As the lines of the credentials file, and of the terminal. */
export function describe({ adminKey, login, demoKey }: FirstCredentials): string[] {
  return [
    ...(adminKey ? [`Admin API key   ${adminKey}`] : []),
    ...(login ? [`Console login   ${login.email}  ${login.password}   (no console yet)`] : []),
    ...(demoKey ? [`Demo API key    ${demoKey}   (${DEMO_CREDITS} credits)`] : []),
  ];
}

async function adminKey(env: Env, tx: Tx): Promise<string | null> {
  if (env.ADMIN_API_KEY) return null;
  const key = `easel-admin-${randomBytes(24).toString('base64url')}`;
  const made = await setOnce(
    tx,
    'admin_api_key_sha256',
    createHash('sha256').update(key).digest('hex'),
  );
  return made ? key : null;
}

async function login(app: INestApplicationContext, tx: Tx): Promise<FirstCredentials['login']> {
  const env = app.get(Env);
  if (await isSet(tx, 'operator_password_hash')) return null;
  const email = env.ADMIN_EMAIL ?? 'admin@easel.invalid';
  const plain = env.ADMIN_PASSWORD ?? password();
  await setOnce(tx, 'operator_email', email.toLowerCase());
  await setOnce(tx, 'operator_password_hash', await app.get(PasswordHasher).hash(plain));
  return { email, password: env.ADMIN_PASSWORD ? '(ADMIN_PASSWORD)' : plain };
}

/** The only account that does not end demo pictures (design: the latch). */
async function demoKey(app: INestApplicationContext, tx: Tx): Promise<string | null> {
  const accounts = await tx.query({ text: 'SELECT 1 FROM accounts LIMIT 1' });
  if (accounts.length > 0) return null;
  const account = await app
    .get(AccountsService)
    .create(tx, { email: DEMO_EMAIL, plan: 'paid', seeded: true });
  const credits = app.get(CreditsService);
  await credits.openAccount(tx, account.id);
  await credits.grant(tx, {
    accountId: account.id,
    amount: DEMO_CREDITS * MILLI,
    kind: 'gift',
    reason: 'to try this server with',
    reference: 'first start',
  });
  const { secret } = await app.get(ApiKeysService).create(tx, account.id, { name: 'demo' });
  return secret;
}

async function isSet(tx: Tx, key: string): Promise<boolean> {
  const rows = await tx.query({ text: 'SELECT 1 FROM settings WHERE key = $1', values: [key] });
  return rows.length > 0;
}

async function setOnce(tx: Tx, key: string, value: string): Promise<boolean> {
  const rows = await tx.query({
    text: `INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING
           RETURNING key`,
    values: [key, value],
  });
  return rows.length > 0;
}

async function write(dataDir: string, made: FirstCredentials): Promise<void> {
  const lines = describe(made);
  if (lines.length === 0) return;
  await mkdir(dataDir, { recursive: true });
  const text = [`# Generated ${new Date().toISOString()}. Keep secret.`, ...lines, ''].join('\n');
  await appendFile(join(dataDir, CREDENTIALS_FILE), text, { mode: 0o600 });
}

function password(): string {
  return randomBytes(15).toString('base64url');
}
