/** A process that migrates a database, like a replica does when it starts. */
import { migrate } from '../../src/platform/database/index.js';

await migrate(process.argv[2] ?? '');
