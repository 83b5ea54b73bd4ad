import { busyThreads } from '../chaos/busy.js';
import { anySeed } from '../chaos/random.js';

describe('a thread that is busy, with several processes to post to', () => {
  it('answers whatever is posted to it from everywhere', async () => {
    const { problems, figures } = await busyThreads({
      ...{ roles: ['api', 'api', 'worker'], threads: 4, messages: 6, seed: anySeed() },
    });
    expect({ problems, seed: figures['seed'] }).toEqual({ problems: [], seed: figures['seed'] });
  }, 120_000);
});
