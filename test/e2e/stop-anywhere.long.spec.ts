import { anySeed } from '../chaos/random.js';
import { stopAnywhere } from '../chaos/stops.js';
import { sized } from '../support/size.js';

describe('a stop that is pressed on another replica', () => {
  // Posted to the first, a turn runs there; posted to the second, it runs in the first or the third.
  it('reaches the provider, keeps what was said, and costs one row in the ledger', async () => {
    const { problems, figures } = await stopAnywhere({
      ...{
        roles: ['all', 'api', 'worker'],
        ...sized({ stops: 4, atOnce: 2 }, { stops: 9, atOnce: 3 }),
        seed: anySeed(),
      },
    });
    expect({ problems, seed: figures['seed'] }).toEqual({ problems: [], seed: figures['seed'] });
  }, 120_000);
});
