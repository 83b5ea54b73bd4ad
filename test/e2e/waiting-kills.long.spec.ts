import { anySeed } from '../chaos/random.js';
import { killAroundWaiting, MOMENTS } from '../chaos/waiting.js';
import { sized } from '../support/size.js';

describe('threads whose turns wait, or ask models more than once, while processes die', () => {
  it('come to their ends, with nothing done twice and nothing lost', async () => {
    const { problems, figures } = await killAroundWaiting({
      moments: sized(['between model calls', 'after an answer'], MOMENTS),
      ...{ pairs: 1, others: 2, seed: anySeed() },
      environment: { TURN_LEASE: '3s' },
    });
    expect({ problems, seed: figures['seed'] }).toEqual({ problems: [], seed: figures['seed'] });
  }, 240_000);
});
