import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CpuMeter } from '../cpu.js';
import { median } from '../figures.js';
import { picture, smallPicture } from '../pictures.js';
import type { PartCosts } from './unavoidable.js';

/**
 * What a relay that decodes, hashes, stores and encodes cannot leave out, in
 * the cheapest way known: chunk by chunk into one reused buffer, calls that do
 * not cross to another thread. CPU of this process per time, in µs.
 */
const CHUNK = 64 * 1024;
const PICTURE_BYTES = (2 * 1024 * 1024 * 3) / 4;

const [folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
let files = 0;

process.on('message', ({ repeats }: { repeats: number }) => {
  void measureAll(repeats).then((costs) => process.send?.(costs));
});
process.once('disconnect', () => process.exit());

async function measureAll(repeats: number): Promise<PartCosts> {
  const bytes = picture(PICTURE_BYTES);
  const base64 = bytes.toString('base64');
  const small = smallPicture();
  const out = Buffer.allocUnsafeSlow(CHUNK);
  return {
    decode: await costOf(repeats, () => decode(base64, out)),
    hash: await costOf(repeats, () => void createHash('sha256').update(bytes).digest('hex')),
    file: await costOf(repeats, () => storeDurably(bytes)),
    encode: await costOf(repeats, () => encode(bytes)),
    smallFile: await costOf(repeats, () => storeDurably(small)),
  };
}

/** Once before it counts; a batch at a time, because the scheduler counts in steps. */
async function costOf(repeats: number, work: () => void): Promise<number> {
  const batches: number[] = [];
  work();
  for (let batch = 0; batch < 3; batch += 1) {
    const meter = await CpuMeter.start([process.pid]);
    for (let at = 0; at < repeats; at += 1) work();
    batches.push((await meter.stop([process.pid])) / repeats);
  }
  return median(batches);
}

function decode(base64: string, out: Buffer): void {
  for (let at = 0; at < base64.length; at += CHUNK)
    out.write(base64.slice(at, at + CHUNK), 'base64');
}

function encode(bytes: Buffer): void {
  const step = CHUNK - (CHUNK % 3);
  for (let at = 0; at < bytes.length; at += step) bytes.toString('base64', at, at + step);
}

/** A new file that survives a power cut under its final name. */
function storeDurably(bytes: Buffer): void {
  const path = join(folder, `part-${(files += 1)}`);
  const file = openSync(path, 'wx');
  writeSync(file, bytes);
  fsyncSync(file);
  closeSync(file);
  renameSync(path, `${path}.png`);
  const parent = openSync(folder, 'r');
  fsyncSync(parent);
  closeSync(parent);
}
