import { databaseOutage } from '../chaos/outage.js';

describe('a database that goes away in the middle of turns', () => {
  it.each([
    ['is stopped for five seconds', 'stopped', 5_000],
    ['stops answering', 'frozen', 2_000],
  ] as const)(
    'and %s costs no turn its end, no watcher its answer and nobody the process',
    async (_name, outage, downMs) => {
      const { problems } = await databaseOutage({ outages: [outage], downMs });
      expect(problems).toEqual([]);
    },
    90_000,
  );
});
