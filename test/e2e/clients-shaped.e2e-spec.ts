import { Bench } from './clients/bench.js';
import { CLIENTS } from './clients/clients.js';

const shaped = CLIENTS.filter((client) => client.package === null);

describe('requests of the shape that clients send', () => {
  let bench: Bench;

  beforeAll(async () => void (bench = await Bench.start()));
  afterAll(() => bench.stop());

  describe.each(shaped)('$name', ({ cases }) => {
    it.each(cases)('$feature: $how', (each) => bench.expect(each));
  });
});
