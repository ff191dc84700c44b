import { setTimeout as sleep } from 'node:timers/promises';
import type { Generation } from '../../relay/index.js';
import type { ToolCall } from './tool.js';

/** Clients of this protocol give up on a call after 60 s; the answer with the id must come before. */
const LONGEST_WAIT_SECONDS = 50;
const NEWS_EVERY_MS = 5_000;

/**
 * Waits for the end of a generation and says every few seconds that it still
 * does. Only the wait ends: the generation goes on.
 *
 * @param serverSeconds how long the server lets anybody wait
 * @returns null when time is up or the client has left
 */
export async function waitPatiently(
  ended: Promise<Generation>,
  { signal, progress }: Pick<ToolCall, 'signal' | 'progress'>,
  serverSeconds: number,
): Promise<Generation | null> {
  const over = new AbortController();
  const leave = () => over.abort();
  const begun = performance.now();
  const seconds = Math.min(LONGEST_WAIT_SECONDS, serverSeconds);
  const patience = sleep(seconds * 1000, null, { signal: over.signal }).catch(() => null);
  const news = setInterval(() => {
    void progress.tell(`Still working, for ${Math.round((performance.now() - begun) / 1000)} s.`);
  }, NEWS_EVERY_MS);
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  try {
    return await Promise.race([ended, patience]);
  } finally {
    signal.removeEventListener('abort', leave);
    clearInterval(news);
    over.abort();
  }
}
