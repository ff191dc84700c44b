import { DomainError } from '../common/domain-error.js';
import type { Accepted, Generation } from '../relay/index.js';

/**
 * Waits for a generation to end, at most `deadlineSeconds`. Only the wait ends:
 * the generation goes on and stays retrievable by its id (design §2).
 *
 * @throws DomainError `generation_in_progress` with the id when time is up.
 */
export async function waitForAnswer(
  accepted: Pick<Accepted, 'generationId' | 'ended'>,
  deadlineSeconds: number,
): Promise<Generation> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(stillRunning(accepted.generationId)), deadlineSeconds * 1000);
  });
  try {
    return await Promise.race([accepted.ended, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

/** The pictures' generation, or the failure it ended with as an error to answer. */
export function succeededOrThrow(generation: Generation): Generation {
  const { id: generationId, status, error } = generation;
  if (status === 'succeeded') return generation;
  if (error === null) {
    throw new DomainError('conflict', 'The generation was canceled.', { generationId });
  }
  throw new DomainError(error.code, error.message, {
    generationId,
    retryable: error.retryable,
    ...(error.retryAfterSeconds === null ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
  });
}

function stillRunning(generationId: string): DomainError {
  return new DomainError(
    'generation_in_progress',
    'The generation is still running. Fetch it by its id later, or send the same request again.',
    { generationId, retryable: false },
  );
}
