import request, { type Test } from 'supertest';
import { newId } from '../../src/common/ids.js';
import { ADMIN_KEY, type TestApp } from './app.js';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Calls below `/admin/v1` with the admin key. */
export class AdminClient {
  constructor(private readonly app: () => TestApp) {}

  call(method: Method, path: string, body?: object): Test {
    const test = request(this.app().url)[method](`/admin/v1/${path}`);
    const authorized = test.auth(ADMIN_KEY, { type: 'bearer' });
    return body === undefined ? authorized : authorized.send(body);
  }

  /** The account's id. */
  async createAccount(fields: object = {}): Promise<string> {
    const answer = await this.call('post', 'accounts', {
      email: `${newId()}@example.com`,
      ...fields,
    }).expect(201);
    return (answer.body as { id: string }).id;
  }
}
