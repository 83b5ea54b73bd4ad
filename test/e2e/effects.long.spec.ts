import { killAmidEffects } from '../chaos/effects.js';
import { anySeed } from '../chaos/random.js';
import { sized } from '../support/size.js';

describe('a process that dies while its turns have effects elsewhere', () => {
  it('has had each of them once, or says that it is unknown, and nobody has it twice', async () => {
    const { problems, figures } = await killAmidEffects({
      ...{ kills: sized(3, 6), turns: 2, seed: anySeed() },
      environment: { TURN_LEASE: '2s' },
    });
    expect({ problems, seed: figures['seed'] }).toEqual({ problems: [], seed: figures['seed'] });
  }, 480_000);
});
