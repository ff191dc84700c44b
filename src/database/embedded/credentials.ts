import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The cluster's superuser, the owner of the schema, and what the running program logs in as. */
export const ROLES = { superuser: 'easel', owner: 'easel_owner', app: 'easel_app' } as const;

export type Role = keyof typeof ROLES;
export type Credentials = Readonly<Record<Role, string>>;

/** The passwords of this data folder, made at its first start. The caller holds its lock. */
export async function credentials(control: string): Promise<Credentials> {
  const file = join(control, 'credentials.json');
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8')) as Credentials;
  const made = { superuser: password(), owner: password(), app: password() };
  await writeFile(`${file}.new`, JSON.stringify(made), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return made;
}

function password(): string {
  return randomBytes(24).toString('base64url');
}

export function urlFor(role: Role, given: Credentials, port: number, database: string): string {
  return `postgres://${ROLES[role]}:${given[role]}@127.0.0.1:${port}/${database}`;
}
