import type { ResolvedRequest } from '../models/index.js';
import { addUsage, estimateUsage } from './usage-estimate.js';

type Request = Parameters<typeof estimateUsage>[0];

const SQUARE = { width: 1024, height: 1024 };

function request(change: Partial<{ prompt: string; quality: string; inputs: object[] }>): Request {
  const { prompt = '', quality = 'auto', inputs } = change;
  return { prompt, price: { quality }, inputs } as unknown as ResolvedRequest;
}

describe('an estimate of tokens', () => {
  it.each([
    ['low', 1024, 1024, 272],
    ['medium', 1024, 1536, 1584],
    ['high', 1536, 1024, 6208],
    ['hd', 1024, 1024, 4160],
    ['max', 1024, 1024, 4160],
    ['auto', 1024, 1024, 1056],
    ['standard', 1024, 1024, 1056],
    ['low', 2048, 2048, 4 * 272],
    ['medium', 512, 512, 264],
    ['medium', 1, 1, 1],
  ])('of quality %s and %i by %i pixels is %i', (quality, width, height, tokens) => {
    expect(estimateUsage(request({ quality }), [{ width, height }]).outputTokens).toBe(tokens);
  });

  it('counts a quarter of the prompt in UTF-8, rounded up', () => {
    const textTokens = (prompt: string) => estimateUsage(request({ prompt }), []).inputTextTokens;
    expect([textTokens(''), textTokens('a'), textTokens('abcde'), textTokens('灯塔')]).toEqual([
      0, 1, 2, 2,
    ]);
  });

  it.each([
    [512, 512, 65 + 129],
    [100, 100, 65 + 129],
    [1024, 1024, 65 + 129],
    [1536, 1024, 65 + 2 * 129],
    [3072, 512, 65 + 6 * 129],
  ])('counts an input of %i by %i pixels as %i', (width, height, tokens) => {
    const usage = estimateUsage(request({ inputs: [{ width, height }] }), []);
    expect(usage.inputImageTokens).toBe(tokens);
  });

  it('adds up and says what it is', () => {
    const inputs = [SQUARE, SQUARE];
    expect(estimateUsage(request({ prompt: 'four', inputs }), [SQUARE, SQUARE])).toEqual({
      inputTextTokens: 1,
      inputImageTokens: 2 * 194,
      inputTokens: 389,
      outputTokens: 2112,
      totalTokens: 2501,
      estimated: true,
    });
  });
});

describe('tokens of several calls', () => {
  const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };

  it('add up when every call told', () => {
    const told = { ...usage, inputTextTokens: 1, inputImageTokens: 0 };
    expect(addUsage([told, told])).toEqual({
      inputTokens: 2,
      outputTokens: 4,
      totalTokens: 6,
      inputTextTokens: 2,
      inputImageTokens: 0,
    });
    expect(addUsage([told, usage])).toEqual({ inputTokens: 2, outputTokens: 4, totalTokens: 6 });
    expect(addUsage([usage])).toEqual(usage);
  });

  it('are unknown when one did not', () => {
    expect([addUsage([usage, null]), addUsage([]), addUsage([null])]).toEqual([null, null, null]);
  });
});
