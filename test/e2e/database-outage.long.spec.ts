import { databaseOutage } from '../chaos/outage.js';
import { sized } from '../support/size.js';

describe('a database that goes away in the middle of turns', () => {
  it.each(
    sized(
      [['is stopped for a second', 'stopped', 1_000]],
      [
        ['is stopped for five seconds', 'stopped', 5_000],
        ['stops answering', 'frozen', 2_000],
      ],
    ),
  )(
    'and %s costs no turn its end, no watcher its answer and nobody the process',
    async (_name, outage, downMs) => {
      const { problems } = await databaseOutage({ outages: [outage], downMs });
      expect(problems).toEqual([]);
    },
    90_000,
  );
});
