import { readFileSync } from 'node:fs';
import { ERROR_CATALOGUE } from '../../src/kernel/index.js';

/** A row: | `CODE` | status | retryable | meaning and when | what to do | */
const ROW = /^\| `([A-Z_]+)` +\| (\d{3}) +\| (yes|no) +\| (.+?) +\| (.+?) +\|$/gm;

describe('docs/errors.md', () => {
  it('says of every code in the catalogue what it is, with its status and whether to retry, and of no other', () => {
    const rows = [...readFileSync('docs/errors.md', 'utf8').matchAll(ROW)];
    const documented = rows.map(([, code, status, retryable]) => [code, Number(status), retryable === 'yes']);
    const catalogued = Object.entries(ERROR_CATALOGUE).map(([code, { status, retryable }]) => [
      code,
      status,
      retryable,
    ]);
    expect(documented).toEqual(catalogued);
  });
});
