import { issuerDown } from '../chaos/issuer.js';

describe('an issuer of tokens that goes away', () => {
  it('logs nobody out, and a key that is new when it is back is taken at its first use', async () => {
    const { problems } = await issuerDown({ downMs: 3_000, everyMs: 1_000 });
    expect(problems).toEqual([]);
  }, 180_000);
});
