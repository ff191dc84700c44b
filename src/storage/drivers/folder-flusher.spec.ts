import { FolderFlusher } from './folder-flusher.js';

/** Flushes that end when the test says so. */
class SlowDisk {
  readonly begun: { folder: string; end: () => void; fail: (error: Error) => void }[] = [];

  readonly flush = (folder: string) =>
    new Promise<void>((end, fail) => void this.begun.push({ folder, end, fail }));
}

describe(FolderFlusher.name, () => {
  const settled = async (work: Promise<void>) => {
    let outcome = 'open';
    work.then(
      () => (outcome = 'durable'),
      (error: Error) => (outcome = error.message),
    );
    await new Promise((resolve) => setImmediate(resolve));
    return outcome;
  };

  it('serves nobody by a flush that began before his name was there', async () => {
    const disk = new SlowDisk();
    const subject = new FolderFlusher(disk.flush);
    const first = subject.flush('a');
    const late = [subject.flush('a'), subject.flush('a')];
    disk.begun[0].end();
    expect([await settled(first), await settled(late[0]), await settled(late[1])]).toEqual([
      'durable',
      'open',
      'open',
    ]);
    expect(disk.begun).toHaveLength(2);
    disk.begun[1].end();
    await Promise.all(late);
    void subject.flush('a');
    expect(disk.begun).toHaveLength(3);
  });

  it('keeps folders apart', () => {
    const disk = new SlowDisk();
    const subject = new FolderFlusher(disk.flush);
    void subject.flush('a');
    void subject.flush('b');
    expect(disk.begun.map(({ folder }) => folder)).toEqual(['a', 'b']);
  });

  it('tells everybody of a flush that fails, and nobody of one he had no part in', async () => {
    const disk = new SlowDisk();
    const subject = new FolderFlusher(disk.flush);
    const first = subject.flush('a');
    const late = [subject.flush('a'), subject.flush('a')];
    disk.begun[0].fail(new Error('EIO'));
    expect([await settled(first), await settled(late[0])]).toEqual(['EIO', 'open']);
    disk.begun[1].fail(new Error('ENOSPC'));
    expect([await settled(late[0]), await settled(late[1])]).toEqual(['ENOSPC', 'ENOSPC']);
    const after = subject.flush('a');
    disk.begun[2].end();
    expect(await settled(after)).toBe('durable');
  });
});
