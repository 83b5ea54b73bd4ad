/**
 * A process that holds an embedded database until it is killed or its standard input ends: `<folder> [<options as
 * JSON>]`. Writes one line of JSON: what came of the start.
 */
import type * as embedded from '../../src/platform/database/embedded/index.js';

// The built code: compiling the source takes longer than starting the database.
const built = new URL('../../dist/src/platform/database/embedded/index.js', import.meta.url).href;
const { startEmbeddedPostgres } = (await import(built)) as typeof embedded;
const [, , dataDir = '', more = '{}'] = process.argv;

try {
  const options = JSON.parse(more) as Partial<embedded.EmbeddedPostgresOptions>;
  const database = await startEmbeddedPostgres({ dataDir, durable: false, ...options });
  const { connectionString, location, reused } = database;
  process.stdout.write(`${JSON.stringify({ connectionString, location, reused })}\n`);
  process.stdin.resume();
  process.stdin.once('end', () => void database.stop());
} catch (error) {
  process.stdout.write(`${JSON.stringify({ refused: (error as Error).message })}\n`);
}
