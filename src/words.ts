import { ConfigError } from './platform/config/index.js';
import { StartError } from './start-error.js';

/** What an operator can do something about is said in a sentence; the rest with its stack. */
export function inWords(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartError) return error.message;
  if (!(error instanceof Error)) return String(error);
  return listeningInWords(error) ?? databaseInWords(error) ?? error.stack ?? error.message;
}

function listeningInWords(error: NodeJS.ErrnoException): string | undefined {
  const { code, syscall } = error;
  if (code === 'EADDRINUSE')
    return `Port ${(error as { readonly port?: number }).port} is taken by another program. Stop that program, or set PORT to another one.`;
  if (code === 'EACCES' && syscall === 'listen')
    return 'This user may not listen on that port. Set PORT to one above 1023.';
  return undefined;
}

const UNKNOWN_DATABASE = '3D000';
const LOGIN_REFUSED: ReadonlySet<string | undefined> = new Set(['28000', '28P01']);
const INSUFFICIENT_PRIVILEGE = '42501';

/** With what the database says, which names roles and databases, and never with the address: it holds the password. */
function databaseInWords(error: NodeJS.ErrnoException): string | undefined {
  const { code, message } = error;
  if (isUnreachable(error))
    return `The database could not be reached (${message || code}). Check DATABASE_URL, or unset it to use the embedded one.`;
  if (code === UNKNOWN_DATABASE)
    return `The database server has no such database (${message}). Create it (CREATE DATABASE), or name another one in DATABASE_URL.`;
  // Where a password is wanted and none is given, the driver gives up by itself, without a code.
  if (LOGIN_REFUSED.has(code) || message.startsWith('SASL:'))
    return `The database refused the login (${message}). Check the role and the password in DATABASE_URL.`;
  if (code === INSUFFICIENT_PRIVILEGE)
    return `The role of DATABASE_URL lacks a right (${message}). GRANT it, or let the role own the database.`;
  return undefined;
}

/** A name with several addresses fails with an error that has a code, but neither a message nor a system call. */
function isUnreachable({ code, syscall }: NodeJS.ErrnoException): boolean {
  return (
    code === 'ECONNREFUSED' || code === 'ENOTFOUND' || syscall === 'connect' || syscall === 'getaddrinfo'
  );
}
