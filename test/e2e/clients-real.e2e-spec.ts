import { Bench } from './clients/bench.js';
import { CLIENTS } from './clients/clients.js';

const real = CLIENTS.filter((client) => client.package !== null);

describe('clients as they are', () => {
  let bench: Bench;

  beforeAll(async () => void (bench = await Bench.start()));
  afterAll(() => bench.stop());

  describe.each(real)('$name', ({ cases }) => {
    it.each(cases)('$feature: $how', (each) => bench.expect(each));
  });
});
