import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PreviewFeed } from './preview-feed.js';

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
const JPEG = Buffer.from('ffd8ffe0', 'hex');

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of buffers that are still referred to. */
function live(): number {
  // Once is not enough for what has only just been let go.
  for (let turn = 0; turn < 3; turn += 1) collect();
  return process.memoryUsage().arrayBuffers;
}

describe(PreviewFeed.name, () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'easel-feed-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const feed = (limit = 3) => new PreviewFeed(limit, folder);
  const picture = (bytes: number, magic = PNG) =>
    Buffer.concat([magic, Buffer.alloc(bytes - magic.length, 7)]);
  const cut = (whole: Buffer, chunk: number) => {
    const pieces = [];
    for (let at = 0; at < whole.length; at += chunk) pieces.push(whole.subarray(at, at + chunk));
    return Readable.from(pieces, { objectMode: false });
  };
  const preview = (stream: Readable, partialIndex = () => 0) => ({
    source: { stream },
    partialIndex,
  });
  const fileOf = (file: Buffer, chunk = 10_000) => preview(cut(file, chunk));
  const textOf = (file: Buffer, chunk = 10_000) => ({
    source: { base64: cut(Buffer.from(file.toString('base64')), chunk) },
    partialIndex: () => 0,
  });
  const readAll = async (from: PreviewFeed) => {
    const seen: { mediaType: string; index: number; bytes: number }[] = [];
    for await (const { mediaType, base64, index } of from) {
      const text = (await buffer(base64)).toString('latin1');
      const file = Buffer.from(text, 'base64');
      expect(text).toBe(file.toString('base64'));
      seen.push({ mediaType, index: index(), bytes: file.length });
    }
    return seen;
  };

  it('passes previews on in order, with the number they say in the end', async () => {
    const subject = feed();
    let told = 0;
    const reading = readAll(subject);
    await subject.pass(fileOf(picture(50_000)));
    const late = cut(picture(20_000, JPEG), 10_000).once('end', () => (told = 5));
    await subject.pass(preview(late, () => told));
    subject.end();
    expect(await reading).toEqual([
      { mediaType: 'image/png', index: 0, bytes: 50_000 },
      { mediaType: 'image/jpeg', index: 5, bytes: 20_000 },
    ]);
  });

  it('gives bytes before the preview is whole', async () => {
    const subject = feed();
    let more: () => void = () => undefined;
    const source = Readable.from(
      (async function* () {
        yield picture(1_000);
        await new Promise<void>((resolve) => (more = resolve));
        yield Buffer.alloc(1_000);
      })(),
      { objectMode: false },
    );
    const passing = subject.pass(preview(source));
    for await (const { base64 } of subject) {
      const pieces = base64[Symbol.asyncIterator]();
      expect((await pieces.next()).value).toHaveLength(1_332);
      more();
      expect((await pieces.next()).value).toHaveLength(1_332);
      break;
    }
    await passing;
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a page', Buffer.from('<html>502 Bad Gateway</html>')],
    ['too little', Buffer.from('89504e', 'hex')],
  ])('passes %s on to nobody', async (_, file) => {
    const subject = feed();
    await subject.pass(fileOf(file));
    subject.end();
    expect(await readAll(subject)).toEqual([]);
    expect(subject.reachedReader).toBe(false);
  });

  it('tells a picture whose first bytes come one by one', async () => {
    const subject = feed();
    await subject.pass(fileOf(picture(100), 1));
    subject.end();
    expect(await readAll(subject)).toEqual([{ mediaType: 'image/png', index: 0, bytes: 100 }]);
  });

  it('passes text on as it came, and tells the picture by it', async () => {
    const subject = feed();
    await subject.pass(textOf(picture(50_000)));
    await subject.pass(textOf(picture(100, JPEG), 1));
    await subject.pass(textOf(Buffer.from('<html>502 Bad Gateway</html>')));
    subject.end();
    expect(await readAll(subject)).toEqual([
      { mediaType: 'image/png', index: 0, bytes: 50_000 },
      { mediaType: 'image/jpeg', index: 0, bytes: 100 },
    ]);
  });

  it('passes on no more than were asked for', async () => {
    const subject = feed(2);
    for (let turn = 0; turn < 4; turn += 1) await subject.pass(fileOf(picture(100)));
    subject.end();
    expect(await readAll(subject)).toHaveLength(2);
  });

  it('gives each attempt its own number of previews', async () => {
    const subject = feed(1);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      subject.startOver();
      await subject.pass(fileOf(picture(100)));
      await subject.pass(fileOf(picture(100)));
    }
    subject.end();
    expect((await readAll(subject)).map(({ index }) => index)).toEqual([0, 0]);
  });

  it('waits for no reader: one that stands still misses whole previews', async () => {
    const subject = feed(30);
    const before = live();
    for (let turn = 0; turn < 20; turn += 1) {
      await subject.pass(fileOf(picture(1_000_000)));
    }
    subject.end();
    expect(live() - before).toBeLessThan(4_000_000);
    const seen = await readAll(subject);
    expect(seen.length).toBeLessThan(5);
    expect(seen.every(({ bytes }) => bytes === 1_000_000)).toBe(true);
  });

  it('ends a preview where its stream breaks, and tells the attempt', async () => {
    const subject = feed();
    const source = Readable.from(
      (async function* () {
        yield picture(1_002);
        await pause(1);
        throw new Error('cut');
      })(),
      { objectMode: false },
    );
    await expect(subject.pass(preview(source))).rejects.toThrow('cut');
    subject.end();
    expect(await readAll(subject)).toMatchObject([{ bytes: 1_002 }]);
  });

  it('reads on for nobody when its reader has gone', async () => {
    const subject = feed();
    const reading = readAll(subject);
    subject.close();
    expect(await reading).toEqual([]);
    await subject.pass(fileOf(picture(1_000)));
    expect(subject.reachedReader).toBe(false);
  });

  it('knows whether a picture has reached its reader', async () => {
    const subject = feed();
    await subject.pass(fileOf(picture(1_000)));
    expect(subject.reachedReader).toBe(false);
    for await (const _preview of subject) break;
    expect(subject.reachedReader).toBe(true);
  });
});
