import { anySeed } from '../chaos/random.js';
import { stopAndStart } from '../chaos/restarts.js';
import { sized } from '../support/size.js';

const SIZE = { streams: sized(1, 3), tokens: 250, delayMs: 10 } as const;

describe('one process that is stopped and started while it answers', () => {
  it.each([
    ['by npm, over the embedded database', 'npm'],
    ['by itself, over a database elsewhere', 'process'],
  ] as const)(
    '%s, ends every turn whole, for everybody who comes back',
    async (_, way) => {
      const { problems, figures } = await stopAndStart({ ...SIZE, way, seed: anySeed() });
      expect({ problems, seed: figures['seed'] }).toEqual({ problems: [], seed: figures['seed'] });
    },
    120_000,
  );
});
