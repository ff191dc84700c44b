/** One of the documents: what it is called and which paths it holds. */
export interface Definition {
  /** In its address, `/docs/{name}-json`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  holds(path: string): boolean;
}

/** Every route is in exactly one of these. */
export const DEFINITIONS: readonly Definition[] = [
  {
    name: 'openai',
    title: 'Easel: images',
    description:
      'OpenAI’s Images API. Any client of it works with this base URL and a key. The servers ' +
      '/aiimg and /aiai speak the same with the defaults of the AIImg and AIAI APIs. A path may ' +
      'end in a slash. Every failure is `{error: {message, type, param, code}}`.',
    holds: (path) => path.startsWith('/v1/'),
  },
  {
    name: 'open-tasks',
    title: 'Easel: image tasks',
    description:
      'The GPT Image 2 Open API, for paid accounts: create a task, ask after it until it has ' +
      'ended, read the balance. The key goes into Authorization: Bearer and nowhere else. Every ' +
      'answer is `{code: 0, message, data}` or `{code: -1, error, message}`.',
    holds: (path) => path.startsWith('/api/open/'),
  },
  {
    name: 'rest-images',
    title: 'Easel: REST images',
    description:
      'The Get Images REST API: one picture per request, with its bytes. Every failure is ' +
      '`{error: {message, details: [{path, message, code}]}}`.',
    holds: (path) => path.startsWith('/api/v1/'),
  },
  {
    name: 'mcp',
    title: 'Easel: MCP',
    description:
      'Tools for models, by the Model Context Protocol (streamable HTTP, no sessions). The key ' +
      'goes into Authorization: Bearer. What a tool refuses is a result with `isError`; every ' +
      'other failure is a JSON-RPC error.',
    holds: (path) => path === '/mcp',
  },
  {
    name: 'ai-relay',
    title: 'Easel: AI relay',
    description:
      'The AiToEarn API: a public catalog, OpenAI-native generations, and images in an envelope. ' +
      'Below `/api/ai/images` answers and failures are OpenAI’s; everywhere else the status is ' +
      '200 and the body `{data, code, message}`, with `code` 0 for success. Names and messages ' +
      'are Chinese or English, by Accept-Language.',
    holds: (path) => path.startsWith('/api/ai/'),
  },
  {
    name: 'admin',
    title: 'Easel: administration',
    description:
      'The operator’s API. Credits are numbers with at most three decimals. Every failure is ' +
      '`application/problem+json`.',
    holds: (path) => path.startsWith('/admin/'),
  },
  {
    name: 'system',
    title: 'Easel: files, pages, health and metrics',
    description: 'Stored images by their links, pages for people, and what operations look at.',
    holds: (path) => !/^\/(?:(?:v1|api|admin)\/|mcp$)/.test(path),
  },
];

export const EVERYTHING: Definition = {
  name: 'all',
  title: 'Easel',
  description: 'All of it in one document.',
  holds: () => true,
};
