import { silentLinks } from '../chaos/silence.js';
import { isFullSize } from '../support/size.js';

describe('a link to the database that falls silent, without a connection being closed', () => {
  it('costs no turn its end and nobody more than a moment, when new connections go through', async () => {
    const { problems } = await silentLinks({ rounds: 1, silentMs: 0 });
    expect(problems).toEqual([]);
  }, 120_000);

  // As long as it takes until those who watch over the process are to hear of it.
  if (isFullSize) {
    it('is told to everybody who asks, and to whoever watches over the process, and everything goes on afterwards', async () => {
      const { problems } = await silentLinks({ rounds: 1, silentMs: 14_000 });
      expect(problems).toEqual([]);
    }, 120_000);
  }
});
