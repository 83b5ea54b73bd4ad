import { startOpenAiStandIn } from '../doubles/openai-stand-in.js';
import { emptyDatabase } from '../setup/test-database.js';
import { Cluster } from '../support/cluster.js';
import type { Outcome } from './outcome.js';
import { Stored } from './stored.js';

/** Starts so many processes at once over a database that has nothing in it. */
export async function bootTogether(processes: number): Promise<Outcome> {
  const standIn = await startOpenAiStandIn();
  const database = await emptyDatabase();
  const stored = new Stored(database.connectionString);
  const problems: string[] = [];
  const started = performance.now();
  try {
    const cluster = await Cluster.start({
      roles: Array.from({ length: processes }, () => 'all' as const),
      standIn,
      connectionString: database.connectionString,
      environment: { DATABASE_POOL_SIZE: '2' },
    });
    const upAfter = performance.now() - started;
    const rows = await stored.query<{ name: string; count: number }>(
      'SELECT name, count(*)::int FROM schema_migrations GROUP BY name',
    );
    for (const { name, count } of rows) if (count !== 1) problems.push(`${name} ran ${count} times`);
    const statuses = await Promise.all(
      cluster.serving.map(async ({ url }) => (await fetch(`${url}/health/ready`)).status),
    );
    if (statuses.some((status) => status !== 200)) problems.push(`ready: ${statuses.join(', ')}`);
    for (const replica of cluster.serving) {
      const user = await cluster.user(replica);
      const content = `From ${replica.name} [[tokens=2]]`;
      const answer = await user.ask('POST', `/chat/threads/${await user.newThread()}/messages`, { content });
      if (answer.status >= 300) problems.push(`${replica.name} answered ${answer.status}`);
    }
    await cluster.close();
    return {
      figures: { processes, migrations: rows.length, 'all up after': `${Math.round(upAfter)} ms` },
      problems,
    };
  } finally {
    await stored.close();
    await database.drop();
    await standIn.close();
  }
}
