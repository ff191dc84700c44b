import { closeSync, fstatSync, open as openFile, read as readFile } from 'node:fs';
import { promisify } from 'node:util';
import { BufferPool } from '../../common/buffer-pool.js';
import type { LentFile } from './blob-driver.js';

const open = promisify(openFile);
const read = promisify(readFile);

/** Each read is a trip through the thread pool; a reader that stalls holds one of these. */
const pool = new BufferPool(192 * 1024, 16);

/**
 * A file read through memory that is used again. Looking at and closing an open
 * file is done at once: both touch no disk, and a trip through the thread pool
 * costs many times as much.
 */
export class LentLocalFile implements LentFile {
  private isReading = false;
  private isClosed = false;

  private constructor(
    private readonly fd: number,
    readonly size: number,
  ) {}

  /** @throws what opening fails with */
  static async open(path: string): Promise<LentLocalFile> {
    const fd = await open(path, 'r');
    try {
      return new LentLocalFile(fd, fstatSync(fd).size);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    if (this.isClosed) throw new Error('the file is closed');
    this.isReading = true;
    const slab = pool.take();
    try {
      for (let at = 0; at < this.size;) {
        const { bytesRead } = await read(this.fd, slab, 0, slab.length, at);
        if (bytesRead === 0) throw new Error('the file is shorter than it was');
        at += bytesRead;
        yield slab.subarray(0, bytesRead);
      }
    } finally {
      pool.giveBack(slab);
      this.isReading = false;
      this.destroy();
    }
  }

  /** While it is being read, whoever reads it closes it by leaving. */
  destroy(): void {
    if (this.isReading || this.isClosed) return;
    this.isClosed = true;
    closeSync(this.fd);
  }
}
