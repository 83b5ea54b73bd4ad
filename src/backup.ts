import './node-version.js';
import { onDatabase, runBackupCommand } from './backup-command.js';
import { VERSION } from './platform/config/index.js';
import { makeBackup } from './platform/database/backup/index.js';

// npm run backup -- FILE: saves the whole database; the server may be running.
runBackupCommand('npm run backup -- FILE', [], async ({ file, settings, signal }) => {
  const made = await onDatabase(settings, 'beside', (connectionString) =>
    makeBackup(connectionString, file, VERSION, signal),
  );
  return `The backup of ${made.tables} tables is in ${file} (${made.bytes} bytes).`;
});
