import type { Generation } from '../relay/index.js';
import { succeededOrThrow, waitForAnswer } from './waiting.js';

const ended = (facts: Partial<Generation>): Generation =>
  ({ id: 'g', error: null, ...facts }) as Generation;

describe('waitForAnswer', () => {
  it('hands over the generation when it ends in time', async () => {
    const generation = ended({ status: 'succeeded' });
    const accepted = { generationId: 'g', ended: Promise.resolve(generation) };
    await expect(waitForAnswer(accepted, 1)).resolves.toBe(generation);
  });

  it('stops waiting at the deadline, with the id and no invitation to retry', async () => {
    const accepted = { generationId: 'g', ended: new Promise<Generation>(() => undefined) };
    await expect(waitForAnswer(accepted, 0.02)).rejects.toMatchObject({
      code: 'generation_in_progress',
      isRetryable: false,
      facts: { generationId: 'g' },
    });
  });

  it('does not fall over a generation that fails after the wait has ended', async () => {
    let fail: (error: Error) => void = () => undefined;
    const late = new Promise<Generation>((_resolve, reject) => (fail = reject));
    const accepted = { generationId: 'g', ended: late };
    await expect(waitForAnswer(accepted, 0.01)).rejects.toThrow();
    fail(new Error('outage'));
    await new Promise((resolve) => setTimeout(resolve, 10));
  });
});

describe('succeededOrThrow', () => {
  it('turns a failed generation into the error it failed with', () => {
    const error = {
      code: 'model_unavailable' as const,
      message: 'Try later.',
      retryable: true,
      retryAfterSeconds: 9,
    };
    expect(() => succeededOrThrow(ended({ status: 'failed', error }))).toThrow(
      expect.objectContaining({
        code: 'model_unavailable',
        message: 'Try later.',
        isRetryable: true,
        facts: expect.objectContaining({ retryAfterSeconds: 9, generationId: 'g' }),
      }) as Error,
    );
  });

  it('answers a canceled generation as a conflict', () => {
    expect(() => succeededOrThrow(ended({ status: 'canceled' }))).toThrow(
      expect.objectContaining({ code: 'conflict' }) as Error,
    );
  });
});
