/** A process that migrates a database, like a replica does when it starts. */
import { SCHEMA } from '../../migrations/index.js';
import { migrate } from '../../src/platform/database/index.js';

await migrate(process.argv[2] ?? '', SCHEMA);
