import { anySeed } from '../chaos/random.js';
import { stopCalls } from '../chaos/tool-stops.js';
import { sized } from '../support/size.js';

describe('a call that is stopped, or takes too long', () => {
  it('lets go of what it holds and has a result, whatever the tool', async () => {
    const { problems, figures } = await stopCalls({
      ...{ calls: sized(5, 20), atOnce: 5, seed: anySeed() },
    });
    expect({ problems, seed: figures['seed'] }).toEqual({ problems: [], seed: figures['seed'] });
  }, 300_000);
});
