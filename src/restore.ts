import './node-version.js';
import { SCHEMA } from '../migrations/index.js';
import { onDatabase, runBackupCommand } from './backup-command.js';
import { restoreBackup } from './platform/database/backup/index.js';

// npm run restore -- FILE [--force]: loads a backup into a database that no server uses.
runBackupCommand(
  'npm run restore -- FILE [--force]',
  ['--force'],
  async ({ file, flags, settings, signal }) => {
    const { release, createdAt } = await onDatabase(settings, 'alone', (connectionString) =>
      restoreBackup(connectionString, file, SCHEMA, flags.has('--force'), signal),
    );
    return `The backup that release ${release} made at ${createdAt} is restored and up to date.`;
  },
);
