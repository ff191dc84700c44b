import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity } from './folder-lock.mjs';

/**
 * Who uses the server: one file per user, named after its process, so that the last one out can
 * tell that it is. Entries of killed processes do not count and are swept.
 */
export class Users {
  private readonly folder: string;
  private entry = '';

  constructor(control: string) {
    this.folder = join(control, 'users');
  }

  async enter(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const identity = await processIdentity(process.pid);
    this.entry = `${process.pid}-${identity}-${randomBytes(4).toString('hex')}`;
    await writeFile(join(this.folder, this.entry), '');
  }

  /** True when nobody else is left. */
  async leave(): Promise<boolean> {
    await rm(join(this.folder, this.entry), { force: true });
    let others = 0;
    for (const name of await readdir(this.folder)) {
      const [pid, identity] = name.split('-');
      if ((await processIdentity(Number(pid))) === identity) others += 1;
      else await rm(join(this.folder, name), { force: true });
    }
    return others === 0;
  }
}
