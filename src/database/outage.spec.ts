import { describe, expect, it } from '@jest/globals';
import { DatabaseUnavailableError } from './outage.js';

function mayHaveRun(message: string, facts: object = {}): boolean {
  return new DatabaseUnavailableError(Object.assign(new Error(message), facts)).mayHaveRun;
}

describe('whether a statement may have been committed although nobody answered', () => {
  it.each([
    ['the connection ended', 'Connection terminated unexpectedly', {}],
    ['the connection was reset', 'read ECONNRESET', { code: 'ECONNRESET', syscall: 'read' }],
    ['the answer did not come in time', 'Query read timeout', {}],
    ['the backend was told to end', 'terminating connection', { code: '57P01' }],
    ['another backend crashed', 'terminating connection', { code: '57P02' }],
  ])('yes: %s', (_, message, facts) => {
    expect(mayHaveRun(message, facts)).toBe(true);
  });

  it.each([
    ['nobody listens', 'connect ECONNREFUSED', { code: 'ECONNREFUSED', syscall: 'connect' }],
    ['the way there is too long', 'connect ETIMEDOUT', { code: 'ETIMEDOUT', syscall: 'connect' }],
    ['no connection became free', 'timeout exceeded when trying to connect', {}],
    ['the greeting took too long', 'Connection terminated due to connection timeout', {}],
    ['the server is starting', 'the database system is starting up', { code: '57P03' }],
    ['too many connections', 'sorry, too many clients already', { code: '53300' }],
    ['the statement was canceled', 'canceling statement', { code: '57014' }],
    ['it lost a deadlock', 'deadlock detected', { code: '40P01' }],
  ])('no: %s', (_, message, facts) => {
    expect(mayHaveRun(message, facts)).toBe(false);
  });

  it('no: it was not even asked', () => {
    expect(new DatabaseUnavailableError('waiting for the database').mayHaveRun).toBe(false);
  });
});
