import { describe, expect, it } from '@jest/globals';
import { joinExpositions } from './exposition.js';

const of = (process: string, value: number) =>
  [
    '# HELP easel_things_total Things.',
    '# TYPE easel_things_total counter',
    `easel_things_total{process="${process}"} ${value}`,
    '',
    '# HELP easel_draining 1 while draining.',
    '# TYPE easel_draining gauge',
    `easel_draining{process="${process}"} 0`,
    '',
  ].join('\n');

describe('samples of several processes', () => {
  it('stand together below one header per metric, as the text format demands', () => {
    expect(joinExpositions([of('1', 7), of('2', 9)])).toBe(
      [
        '# HELP easel_things_total Things.',
        '# TYPE easel_things_total counter',
        'easel_things_total{process="1"} 7',
        'easel_things_total{process="2"} 9',
        '',
        '# HELP easel_draining 1 while draining.',
        '# TYPE easel_draining gauge',
        'easel_draining{process="1"} 0',
        'easel_draining{process="2"} 0',
        '',
      ].join('\n'),
    );
  });

  it('may lack a metric in one of them', () => {
    const [first] = of('1', 7).split('\n\n');
    const text = joinExpositions([`${first}\n`, of('2', 9)]);
    expect(text.match(/^easel_draining/gm)).toHaveLength(1);
    expect(text.match(/^easel_things_total/gm)).toHaveLength(2);
  });
});
