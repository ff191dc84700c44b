import { readFileSync } from 'node:fs';
import { expectBlock, table } from '../../support/generated-block.js';
import { type Client, type Feature, FEATURES } from './client-case.js';
import { CLIENTS } from './clients.js';

const DOCUMENT = 'docs/clients.md';
const ALL = Object.keys(FEATURES) as Feature[];

const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  devDependencies: Record<string, string>;
};

const casesOf = ({ cases }: Client, feature: Feature) =>
  cases.filter((each) => each.feature === feature);

/** The very cases that the suites run: what is not among them is in no cell. */
function cell(client: Client, feature: Feature): string {
  const count = casesOf(client, feature).length;
  if (count === 0) return '–';
  return `${client.package === null ? 'shaped' : 'run'} (${count})`;
}

function named({ name, package: from }: Client): string {
  return from === null ? name : `${name} (\`${from}\` ${devDependencies[from]})`;
}

describe('the table of clients in docs/clients.md', () => {
  it('says what is run and what is shaped', async () => {
    const rows = CLIENTS.map((client) => [
      named(client),
      ...ALL.map((feature) => cell(client, feature)),
    ]);
    await expectBlock(DOCUMENT, 'clients', table(['client', ...Object.values(FEATURES)], rows));
  });

  it.each(CLIENTS)('$name has a test of everything it offers, and of nothing else', (client) => {
    const untested = ALL.filter((feature) => casesOf(client, feature).length === 0);
    expect([...client.notOffered].sort()).toEqual(untested.sort());
  });

  it.each(CLIENTS)('$name has a section on how to configure it', ({ name }) => {
    expect(readFileSync(DOCUMENT, 'utf8').split('\n')).toContain(`### ${name}`);
  });

  it('names packages at the exact version that is installed', () => {
    for (const { package: name } of CLIENTS) {
      if (name !== null) expect(devDependencies[name]).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
});
