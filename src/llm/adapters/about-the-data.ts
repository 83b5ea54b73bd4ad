import { databaseError } from '../../platform/database/index.js';

/** Whether Postgres refused a statement for its values: class 22 it cannot read, class 23 breaks a rule of the table. */
export function isAboutTheData(error: unknown): boolean {
  return /^2[23]/.test(databaseError(error)?.code ?? '');
}
