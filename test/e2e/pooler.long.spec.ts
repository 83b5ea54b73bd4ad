import pg from 'pg';
import { expectedText, startOpenAiStandIn, type OpenAiStandIn } from '../doubles/openai-stand-in.js';
import { freshDatabase, type FreshDatabase } from '../setup/test-database.js';
import { hasPgBouncer, startPgBouncer, type PgBouncer } from '../support/pgbouncer.js';
import { framesUntil, textOf } from '../support/sse-client.js';
import { refusalOf, startTestServer } from '../support/test-server.js';

const withPgBouncer = hasPgBouncer() || process.env['CI'] === 'true' ? describe : describe.skip;
if (!hasPgBouncer())
  process.stderr.write('There is no pgbouncer here: what is tested through it is skipped.\n');

withPgBouncer('a database behind pgbouncer', () => {
  let database: FreshDatabase;
  let standIn: OpenAiStandIn;
  let bouncer: PgBouncer | undefined;
  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
    database = await freshDatabase();
    // Tests of the embedded database do without; through a pooler it cannot be had for a session.
    const client = new pg.Client({ connectionString: database.connectionString });
    await client.connect();
    const name = /\/(\w+)(\?|$)/.exec(database.connectionString)![1]!;
    await client.query(`ALTER DATABASE "${name}" SET synchronous_commit = on`);
    await client.query(`ALTER DATABASE "${name}" SET TimeZone = 'UTC'`);
    await client.end();
  });
  afterEach(() => bouncer?.close());
  afterAll(async () => {
    await standIn.close();
    await database.drop();
  });
  const through = async (mode: 'session' | 'transaction' | 'statement') =>
    (bouncer = await startPgBouncer(database.connectionString, mode)).connectionString;

  it('in transaction mode is refused in words that say what to set', async () => {
    const words = await refusalOf({ DATABASE_URL: await through('transaction') });

    expect(words).toMatch(
      /^DATABASE_URL leads through a pooler in transaction mode \(such as pgbouncer\), .* Set DATABASE_DIRECT_URL .*\n$/,
    );
  }, 120_000);

  it('in statement mode is refused in words', async () => {
    const words = await refusalOf({ DATABASE_URL: await through('statement') });

    expect(words).toMatch(
      /^DATABASE_URL leads through a pooler in statement mode, which takes no transactions\. .*\n$/,
    );
  }, 120_000);

  it('whose direct address is a pooler’s too is refused in words', async () => {
    const address = await through('transaction');
    const words = await refusalOf({ DATABASE_URL: address, DATABASE_DIRECT_URL: address });

    expect(words).toMatch(/^DATABASE_DIRECT_URL leads through a pooler in transaction mode, too\. .*\n$/);
  }, 120_000);

  it.each([
    ['transaction', true],
    ['session', false],
  ] as const)(
    'in %s mode answers everybody at once (with a direct address: %p)',
    async (mode, isDirect) => {
      const server = await startTestServer({
        DATABASE_URL: await through(mode),
        OPENAI_URL: standIn.url,
        // In session mode a connection is one of the few that the pooler has.
        ...(isDirect ? { DATABASE_DIRECT_URL: database.connectionString } : { DATABASE_POOL_SIZE: '2' }),
      });
      try {
        const texts = await Promise.all(
          Array.from({ length: isDirect ? 12 : 2 }, async (_, index) => {
            const user = await server.user({ sub: `user-${index}` });
            const threadId = await user.newThread();
            const frames = await framesUntil(await user.stream(threadId, 'Hi [[tokens=30 delay=3]]'), 'done');
            return textOf(frames);
          }),
        );
        expect(texts).toEqual(texts.map(() => expectedText(30)));
      } finally {
        await server.stop(0);
      }
    },
    90_000,
  );
});
