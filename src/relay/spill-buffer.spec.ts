import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { SpillBuffer } from './spill-buffer.js';

const KIB = 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of buffers that are still referred to. */
function live(): number {
  // Once is not enough for what has only just been let go.
  for (let turn = 0; turn < 3; turn += 1) collect();
  return process.memoryUsage().arrayBuffers;
}

describe(SpillBuffer.name, () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'easel-spill-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const piece = (bytes: number, seed: number) =>
    Buffer.alloc(bytes, Buffer.from(Array.from({ length: 251 }, (_, at) => at ^ seed)));
  const readAll = async (buffer: SpillBuffer) => {
    const pieces: Buffer[] = [];
    for await (const next of buffer) pieces.push(Buffer.from(next));
    return Buffer.concat(pieces);
  };

  it('gives every byte in order, however writing and reading take turns', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 300 * KIB }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 8 }),
        async (sizes, pauses) => {
          const buffer = new SpillBuffer(folder);
          const pieces = sizes.map(piece);
          const reading = (async () => {
            const read: Buffer[] = [];
            for await (const next of buffer) {
              read.push(Buffer.from(next));
              await pause(pauses[read.length % pauses.length]);
            }
            return Buffer.concat(read);
          })();
          for (const [at, next] of pieces.entries()) {
            await buffer.write(next);
            await pause(pauses[at % pauses.length]);
          }
          buffer.end();
          expect((await reading).equals(Buffer.concat(pieces))).toBe(true);
          expect(buffer.waiting).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('never waits for its reader, and holds little of what is not read', async () => {
    const buffer = new SpillBuffer(folder);
    const before = live();
    for (let turn = 0; turn < 64; turn += 1) await buffer.write(Buffer.alloc(512 * KIB, turn));
    buffer.end();
    expect(buffer.waiting).toBe(32 * 1024 * KIB);
    expect(live() - before).toBeLessThan(1024 * KIB);
    const bytes = await readAll(buffer);
    expect(bytes.length).toBe(32 * 1024 * KIB);
    expect([bytes[0], bytes.at(-1)]).toEqual([0, 63]);
  });

  it('counts pieces as well as bytes: many small ones are not held either', async () => {
    const buffer = new SpillBuffer(folder);
    for (let turn = 0; turn < 1_000; turn += 1) await buffer.write(Buffer.from([turn % 256]));
    buffer.end();
    let pieces = 0;
    for await (const _piece of buffer) pieces += 1;
    expect(pieces).toBeLessThan(100);
  });

  it('leaves nothing on disk, also while it is in use', async () => {
    const buffer = new SpillBuffer(folder);
    await buffer.write(piece(KIB, 1));
    await buffer.write(piece(600 * KIB, 2));
    expect(await readdir(folder)).toEqual([]);
    buffer.close();
    await buffer.write(piece(KIB, 3));
    expect(await readAll(buffer)).toHaveLength(0);
  });

  it('ends early when the disk fails, and keeps nobody waiting', async () => {
    const buffer = new SpillBuffer('/dev/null/not-a-folder');
    await buffer.write(piece(600 * KIB, 1));
    expect(await readAll(buffer)).toHaveLength(0);
  });

  it('lets a waiting reader go when it is closed', async () => {
    const buffer = new SpillBuffer(folder);
    const reading = readAll(buffer);
    await pause(5);
    buffer.close();
    expect(await reading).toHaveLength(0);
  });
});
