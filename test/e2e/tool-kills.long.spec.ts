import { anySeed } from '../chaos/random.js';
import { killAmidCalls } from '../chaos/tool-calls.js';
import { sized } from '../support/size.js';

describe('a process that dies while its turns call tools', () => {
  it('has made each call once or says that it is unknown, in pairs, for everybody who watches', async () => {
    const { problems, figures } = await killAmidCalls({
      ...{ kills: sized(3, 50), turns: 2, seed: anySeed() },
      environment: { TURN_LEASE: '2s' },
    });
    expect({ problems, seed: figures['seed'] }).toEqual({ problems: [], seed: figures['seed'] });
  }, 900_000);
});
