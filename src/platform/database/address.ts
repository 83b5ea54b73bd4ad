import { readFileSync } from 'node:fs';

const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
const SSL_VALUES = ['true', '1', '0', 'no-verify'];
const FILES = ['sslrootcert', 'sslcert', 'sslkey'] as const;

/** What is wrong with the encryption settings in a Postgres address, as a sentence; `undefined` if they are valid. */
export function encryptionProblem(address: string): string | undefined {
  const settings = settingsOf(address);
  const mode = settings.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode))
    return `sslmode=${shown(mode)} is none that the driver knows: take ${SSL_MODES.join(', ')}`;
  const ssl = settings.get('ssl');
  if (ssl !== null && !SSL_VALUES.includes(ssl))
    return `ssl=${shown(ssl)} would be taken for a wish to encrypt: write sslmode, with one of ${SSL_MODES.join(', ')}`;
  for (const name of FILES) {
    const path = settings.get(name);
    const problem = path === null ? undefined : unreadable(path);
    if (problem !== undefined) return `${name} names the file ${path}, which cannot be read (${problem})`;
  }
  if ((settings.get('sslcert') === null) !== (settings.get('sslkey') === null))
    return 'sslcert and sslkey go together: a certificate is of use with its key only';
  return undefined;
}

function settingsOf(address: string): URLSearchParams {
  const query = address.indexOf('?');
  return new URLSearchParams(query === -1 ? '' : address.slice(query + 1));
}

function unreadable(path: string): string | undefined {
  try {
    readFileSync(path);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
}

/** An invalid value may be anything, a password included; only a short one is shown. */
function shown(value: string): string {
  return /^[\w-]{1,20}$/.test(value) ? value : '…';
}
