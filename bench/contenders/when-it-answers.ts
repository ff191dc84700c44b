import { setTimeout as sleep } from 'node:timers/promises';

const WITHIN_MS = 20_000;

/** Any answer will do. */
export async function whenItAnswers(origin: string): Promise<void> {
  for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(50)) {
    const answered = await fetch(origin).then(
      () => true,
      () => false,
    );
    if (answered) return;
  }
  throw new Error(`nothing answers at ${origin}`);
}
