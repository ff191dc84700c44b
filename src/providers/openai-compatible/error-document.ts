import type { UpstreamExchange } from './upstream-exchange.js';

const MAX_ERROR_BYTES = 64 * 1024;
const MAX_ERROR_MS = 5_000;

/**
 * The JSON of an answer that is no success, or null. The status alone tells the
 * most, so an upstream that goes on talking, or stops, is not waited for.
 */
export async function readErrorDocument(exchange: UpstreamExchange): Promise<unknown> {
  const timer = setTimeout(() => exchange.destroy(), MAX_ERROR_MS);
  try {
    return JSON.parse((await readSome(exchange)).toString('utf8')) as unknown;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    exchange.destroy();
  }
}

async function readSome(exchange: UpstreamExchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length <= MAX_ERROR_BYTES) {
    const chunk = await exchange.read();
    if (chunk === null) break;
    chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks);
}
