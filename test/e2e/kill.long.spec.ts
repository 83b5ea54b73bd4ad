import { freezeAnswering } from '../chaos/frozen.js';
import { killAnswering } from '../chaos/kills.js';
import { anySeed } from '../chaos/random.js';
import { sized } from '../support/size.js';

describe('a process that dies while it answers', () => {
  it('has its turns finished by another one, for everybody who watches, and no step is run twice', async () => {
    const { problems, figures } = await killAnswering({
      moments: sized(
        ['in the middle', 'between steps'],
        ['before the first token', 'in the middle', 'after the last token', 'between steps'],
      ),
      ...{ bystanders: 1, maxAttempts: 3, seed: anySeed() },
      environment: { TURN_LEASE: '2s' },
    });
    expect({ problems, seed: figures['seed'] }).toEqual({ problems: [], seed: figures['seed'] });
  }, 120_000);

  it('and comes back to life writes nothing more, and lets go of the provider', async () => {
    const { problems } = await freezeAnswering({ rounds: 1, leaseMs: 1_500 });
    expect(problems).toEqual([]);
  }, 120_000);
});
