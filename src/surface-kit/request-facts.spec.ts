import { publicOrigin } from './request-facts.js';

const socket = { localAddress: '::ffff:127.0.0.1', localPort: 3000 };
const origin = (host: string, protocol = 'http') =>
  publicOrigin({ host, protocol, socket } as Parameters<typeof publicOrigin>[0], undefined);

describe(publicOrigin.name, () => {
  it.each(['relay.example.com', 'localhost:3000', '10.0.0.7:80', '[::1]:3000', 'a-b.c'])(
    'takes the host a client named: %s',
    (host) => {
      expect(origin(host)).toBe(`http://${host}`);
    },
  );

  it.each(['', 'a"b<>', 'a b', '/x', 'host/..', 'evil@host', '[::1', 'h:port', '-x', 'a\\b'])(
    'never puts %p into a link: the address of the connection stands in',
    (host) => {
      expect(origin(host)).toBe('http://127.0.0.1:3000');
    },
  );

  it('knows no scheme but http and https', () => {
    expect([origin('h', 'https'), origin('h', 'javascript')]).toEqual(['https://h', 'http://h']);
  });

  it('prefers what the operator set', () => {
    const request = { host: 'h', protocol: 'http', socket } as Parameters<typeof publicOrigin>[0];

    expect(publicOrigin(request, 'https://images.example.com/')).toBe('https://images.example.com');
  });
});
