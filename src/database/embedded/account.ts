import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The operating-system account PostgreSQL runs under; both undefined means our own. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** Debian's and Red Hat's packages create the first; the second is on every Unix. */
const UNPRIVILEGED = ['postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root. A cluster that already belongs to somebody stays theirs;
 * otherwise an unprivileged account of this machine takes it.
 */
export async function serverAccount(cluster: string): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const owner = await stat(cluster).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const rows = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const row = UNPRIVILEGED.map((name) => rows.find(([given]) => given === name)).find(Boolean);
  if (row === undefined) {
    throw new Error('no unprivileged account to run PostgreSQL under; set DATABASE_URL');
  }
  return { uid: Number(row[2]), gid: Number(row[3]) };
}

/** May the account enter every folder down to `path`? Under /root it may not. */
export async function canReach(path: string, account: Account): Promise<boolean> {
  if (account.uid === undefined) return true;
  for (let at = await realpath(path); ; at = dirname(at)) {
    const { uid, gid, mode } = await stat(at);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
