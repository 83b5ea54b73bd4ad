/**
 * A process that holds an embedded database until it is killed or its standard input ends. Writes one line of
 * JSON: what came of the start.
 */
import { startEmbeddedPostgres } from '../../src/platform/database/embedded/index.js';

const dataDir = process.argv[2] ?? '';

try {
  const database = await startEmbeddedPostgres({ dataDir, durable: process.argv[3] === 'durable' });
  const { connectionString, location, reused } = database;
  process.stdout.write(`${JSON.stringify({ connectionString, location, reused })}\n`);
  process.stdin.resume();
  process.stdin.once('end', () => void database.stop());
} catch (error) {
  process.stdout.write(`${JSON.stringify({ refused: (error as Error).message })}\n`);
}
