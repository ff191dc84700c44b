import type { PageAnswer } from './pages-rig.js';

/** As much of a browser as pages need: it keeps cookies, sends forms and follows nothing. */
export class Browser {
  readonly cookies = new Map<string, string>();

  constructor(private readonly url: string) {}

  get(path: string): Promise<PageAnswer> {
    return this.send(path, { headers: this.headers() });
  }

  /** Sends a form as the page that it is on would. */
  post(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<PageAnswer> {
    return this.send(path, {
      method: 'POST',
      headers: {
        ...this.headers(),
        origin: this.url,
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      body: new URLSearchParams(fields).toString(),
    });
  }

  /** Opens the form and sends it. */
  async signIn(email: string, password: string, next = ''): Promise<PageAnswer> {
    const token = formTokenIn(await this.get('/sign-in'));
    return this.post('/sign-in', { form_token: token, email, password, next });
  }

  private headers(): Record<string, string> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return cookie === '' ? {} : { cookie };
  }

  private async send(path: string, init: RequestInit): Promise<PageAnswer> {
    const answer = await fetch(this.url + path, { redirect: 'manual', ...init });
    const { status, headers } = answer;
    for (const line of headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return { status, headers, text: await answer.text() };
  }
}

export function formTokenIn({ text }: PageAnswer): string {
  return /name="form_token" value="([\w-]+)"/.exec(text)?.[1] ?? '';
}
