import { anySeed } from '../chaos/random.js';
import { rollingUpgrade } from '../chaos/upgrade.js';
import { hasFormerRelease } from '../support/former-release.js';
import { sized } from '../support/size.js';

const SIZE = sized({ backlog: 3, busy: 2, turns: 1 }, { backlog: 12, busy: 6, turns: 5 });

// Where tests are the gate nothing is skipped: there its absence is a failure.
const withFormer = hasFormerRelease() || process.env['CI'] === 'true' ? it : it.skip;
if (!hasFormerRelease())
  process.stderr.write(
    'The former release is not in this clone (git fetch --unshallow brings it): that this one runs beside it is not tested.\n',
  );

withFormer(
  'this release joins the former one on its database, and either goes on with what the other has begun',
  async () => {
    const { problems, figures } = await rollingUpgrade({ ...SIZE, seed: anySeed() });
    expect({ problems, seed: figures['seed'] }).toEqual({ problems: [], seed: figures['seed'] });
    expect(figures['turns while it migrated']).toBeGreaterThan(0);
  },
  sized(240_000, 480_000),
);
