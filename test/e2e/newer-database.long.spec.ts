import { newerDatabase } from '../chaos/newer.js';

it('a start on a database that a newer release has changed is refused in words, unless that release allows it', async () => {
  const { problems } = await newerDatabase();
  expect(problems).toEqual([]);
}, 120_000);
