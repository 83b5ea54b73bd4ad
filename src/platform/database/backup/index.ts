export { BackupError, type BackupHeader } from './format.js';
export { makeBackup, type MadeBackup } from './make-backup.js';
export { restoreBackup } from './restore-backup.js';
