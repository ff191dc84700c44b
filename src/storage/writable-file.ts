import { closeSync, fdatasync as syncFile, open as openFile, write as writeFile } from 'node:fs';
import { promisify } from 'node:util';

const open = promisify(openFile);
const write = promisify(writeFile);
const fdatasync = promisify(syncFile);

/** A file on its way to the disk. A `FileHandle` is one. */
export interface WritableFile {
  write(bytes: Buffer, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** Fails when there is a file of this name. */
export async function openExclusively(path: string): Promise<WritableFile> {
  return new DiskFile(await open(path, 'wx', 0o600));
}

/**
 * Closed at once, in the caller's turn: nothing is left to be written then, and a
 * trip through the thread pool costs many times as much.
 */
class DiskFile implements WritableFile {
  constructor(private readonly fd: number) {}

  write(bytes: Buffer, offset: number, length: number): Promise<{ bytesWritten: number }> {
    return write(this.fd, bytes, offset, length, null);
  }

  datasync(): Promise<void> {
    return fdatasync(this.fd);
  }

  async close(): Promise<void> {
    closeSync(this.fd);
    await Promise.resolve();
  }
}
