import { readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import sharp from 'sharp';
import { UploadsInFlight } from '../../src/admission/index.js';
import { type TestApp, startApp } from '../support/app.js';
import { makeImage } from '../support/images.js';
import { field, file, formOf, FORM_TYPE } from '../support/multipart.js';
import { until } from '../support/until.js';

const CREDITS = 100;
const MIB = 1024 * 1024;
/** Slabs that are kept for the next pictures, and what the collector has not met yet. */
const MEMORY_SLACK = 48 * MIB;

describe('uploads that end half-way', () => {
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let bodies: { type: string; body: Buffer }[];

  beforeAll(async () => {
    app = await startApp();
    customer = await app.givenCustomer(CREDITS);
    const png = await makeImage('png', { width: 700, height: 500, noise: true });
    const mask = await sharp(png).ensureAlpha(0.5).png().toBuffer();
    const form = formOf([
      field('model', 'easel-sketch'),
      file('image', png),
      file('image[]', png),
      file('mask', mask),
      field('prompt', 'a'),
    ]);
    const ref = (bytes: Buffer) => ({
      image_url: `data:image/png;base64,${bytes.toString('base64')}`,
    });
    const json = { images: [ref(png), ref(png)], mask: ref(mask), prompt: 'a' };
    bodies = [
      { type: FORM_TYPE, body: form },
      { type: 'application/json', body: Buffer.from(JSON.stringify(json)) },
    ];
  });

  afterAll(async () => {
    await app.stop();
  });

  /** Sends a part of the body; then the connection breaks, or is closed in good order. */
  async function sendPart(number: number): Promise<void> {
    const { type, body } = bodies[number % bodies.length];
    const cut = Math.floor(Math.random() * body.length);
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined).resume();
    const length =
      number % 3 === 0 ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
    socket.write(
      `POST /v1/images/edits HTTP/1.1\r\nHost: easel\r\nAuthorization: Bearer ${customer.secret}\r\n` +
        `Content-Type: ${type}\r\n${length}\r\n\r\n`,
    );
    if (number % 3 === 0) socket.write(`${body.length.toString(16)}\r\n`);
    await new Promise<void>((resolve) => socket.write(body.subarray(0, cut), () => resolve()));
    await pause(Math.random() * 30);
    if (number % 2 === 0) socket.destroy();
    else socket.resetAndDestroy();
  }

  const files = async () => (await readdir(app.dataDir, { recursive: true })).sort();
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const uploads = () =>
    (app.app.get<unknown>(UploadsInFlight) as { bytesOf: Map<string, number> }).bytesOf.size;

  it('leave no file, no row, no room taken, no descriptor and no memory, a hundred times', async () => {
    await Promise.all([sendPart(0), sendPart(1)]);
    await until(() => uploads() === 0);
    // In one look: on a slow machine an upload may only begin now.
    let filesBefore: string[] = [];
    await until(async () => {
      filesBefore = await files();
      return !filesBefore.some((name) => name.endsWith('.part'));
    });
    const descriptorsBefore = descriptors();
    const memoryBefore = process.memoryUsage().arrayBuffers;

    for (let number = 0; number < 100; number += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, i) => sendPart(number + i)));
    }

    await until(() => uploads() === 0);
    await until(async () => (await files()).join() === filesBefore.join());
    await until(() => descriptors() <= descriptorsBefore + 5);
    expect(process.memoryUsage().arrayBuffers - memoryBefore).toBeLessThan(MEMORY_SLACK);
    const [rows] = await app.database.query(
      `SELECT (SELECT count(*)::int FROM generations) AS generations,
              (SELECT count(*)::int FROM assets) AS assets`,
    );
    expect(rows).toEqual({ generations: 0, assets: 0 });
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: CREDITS, held: 0 });
  });
});
