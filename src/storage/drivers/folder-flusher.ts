import { closeSync, fsync as fsyncFile, open as openFile } from 'node:fs';
import { promisify } from 'node:util';

const open = promisify(openFile);
const fsync = promisify(fsyncFile);

interface Flushes {
  running: Promise<void>;
  /** Begins when the running one has ended; whoever comes meanwhile is served by it. */
  next: Promise<void> | null;
}

/**
 * Makes names in folders durable. One flush serves all names that were in the
 * folder before it began, so pictures stored at the same time share one.
 */
export class FolderFlusher {
  private readonly folders = new Map<string, Flushes>();

  /** @param flushFolder replaced by tests to make it slow, or fail */
  constructor(private readonly flushFolder: (folder: string) => Promise<void> = syncFolder) {}

  /** Resolves when what is in the folder now is durable. @throws what flushing it fails with */
  flush(folder: string): Promise<void> {
    const flushes = this.folders.get(folder);
    if (!flushes) return this.begin(folder);
    flushes.next ??= flushes.running.then(
      () => this.begin(folder),
      () => this.begin(folder),
    );
    return flushes.next;
  }

  private begin(folder: string): Promise<void> {
    const running = this.flushFolder(folder);
    const flushes: Flushes = { running, next: null };
    this.folders.set(folder, flushes);
    const end = () => {
      if (flushes.next === null) this.folders.delete(folder);
    };
    running.then(end, end);
    return running;
  }
}

/** Windows has no such thing and refuses to open a folder. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const fd = await open(folder, 'r');
  try {
    await fsync(fd);
  } finally {
    closeSync(fd);
  }
}
