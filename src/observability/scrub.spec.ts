import { cpuMsOf } from '../../test/support/cpu-time.js';
import { DomainError } from '../common/domain-error.js';
import { toErrorRecord } from './error-record.js';
import { scrub } from './scrub.js';

describe(scrub.name, () => {
  it.each([
    'Incorrect API key provided: sk-easel-live-CANARYcanary0123456789abcdefCANARY',
    'sk-gip-CANARYcanary and aiimg-sk-live-CANARYcanary',
    'sent Authorization: Bearer CANARYcanary.CANARY',
    'connect postgres://easel:CANARY@db.internal:5432/easel',
    'GET /v1?api_key=CANARYcanary&x=1',
    '{"password": "CANARYcanary"}',
    'key=AIzaCANARYcanaryCANARY',
    `data:image/png;base64,${'CANARY'.repeat(40)}`,
  ])('masks what looks like a secret or a picture: %s', (text) => {
    expect(scrub(text)).not.toMatch(/CANARY/);
  });

  it('leaves ordinary text readable', () => {
    const text = 'upstream openai answered 503 for generation 0199-aa (attempt 2)';
    expect(scrub(text)).toBe(text);
  });

  it('cuts a flood and stays quick about it', () => {
    const flood = 'key='.repeat(1_000_000);
    let kept = flood;
    expect(cpuMsOf(() => (kept = scrub(flood)))).toBeLessThan(2_000);
    expect(kept.length).toBeLessThan(2100);
  });
});

describe(toErrorRecord.name, () => {
  it('says what went wrong and why, and leaves out what drivers hang on their errors', () => {
    const driver = Object.assign(new Error('duplicate key value'), {
      code: '23505',
      detail: 'Key (email)=(CANARY) already exists.',
      parameters: ['CANARY'],
    });
    const record = toErrorRecord(new Error('cannot save', { cause: driver }));
    expect(record).toMatchObject({
      type: 'Error',
      message: 'cannot save',
      cause: { code: '23505', message: 'duplicate key value' },
    });
    expect(JSON.stringify(record)).not.toContain('CANARY');
  });

  it('drops the text of SQL errors that quote the value at fault', () => {
    const error = Object.assign(new Error('invalid input syntax for type uuid: "CANARY"'), {
      code: '22P02',
    });
    expect(JSON.stringify(toErrorRecord(error))).not.toContain('CANARY');
  });

  it('ends with a chain of causes that never ends', () => {
    const error: Error & { cause?: unknown } = new Error('loop');
    error.cause = error;
    expect(JSON.stringify(toErrorRecord(error)).length).toBeLessThan(20_000);
  });

  it('takes the log-only details of a domain error', () => {
    const error = new DomainError('conflict', 'No.', { details: { accountId: 'a-1' } });
    expect(toErrorRecord(error)).toMatchObject({ code: 'conflict', details: { accountId: 'a-1' } });
  });
});
