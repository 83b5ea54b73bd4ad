import { isOutOfConnections, ReadOnlyDatabaseError } from './faults.js';

const UNKNOWN_DATABASE = '3D000';
const LOGIN_REFUSED: ReadonlySet<string | undefined> = new Set(['28000', '28P01']);
const INSUFFICIENT_PRIVILEGE = '42501';
const PROTOCOL_VIOLATION = '08P01';

/**
 * Why the database cannot be used, as a message with a remedy for the operator; `undefined` if no setting can fix it.
 * It includes the database's own message, which names roles and databases, but never the address, which has the
 * password.
 */
export function describeDatabaseError(error: NodeJS.ErrnoException): string | undefined {
  return encryptionInWords(error) ?? connectionInWords(error) ?? refusalInWords(error);
}

function connectionInWords(error: NodeJS.ErrnoException): string | undefined {
  const { code, message } = error;
  if (error instanceof ReadOnlyDatabaseError)
    return `The database takes no writes (${message}). Name the primary in DATABASE_URL, or let the role write (ALTER ROLE … SET default_transaction_read_only = off).`;
  if (isOutOfConnections(error))
    return `The database has no connection to give (${message}). End some that others hold, raise max_connections or the CONNECTION LIMIT, or lower DATABASE_POOL_SIZE.`;
  if (isUnreachable(error))
    return `The database could not be reached (${message || code}). Check DATABASE_URL, or unset it to use the embedded one.`;
  if (message === 'timeout expired' || message.startsWith('Connection terminated'))
    return `The database could not be reached (${message}: it does not answer, or is no Postgres). Check DATABASE_URL, or unset it to use the embedded one.`;
  return undefined;
}

function refusalInWords({ code, message }: NodeJS.ErrnoException): string | undefined {
  if (code === UNKNOWN_DATABASE)
    return `The database server has no such database (${message}). Create it (CREATE DATABASE), or name another one in DATABASE_URL.`;
  // If a password is required and none is given, the driver itself fails, without a code.
  if (LOGIN_REFUSED.has(code) || message.startsWith('SASL:'))
    return `The database refused the login (${message}). Check the role and the password in DATABASE_URL.`;
  if (code === INSUFFICIENT_PRIVILEGE)
    return `The role of DATABASE_URL lacks a right (${message}). GRANT it, or let the role own the database.`;
  if (code === PROTOCOL_VIOLATION)
    return `What DATABASE_URL leads to refused the connection (${message}). Take \`options\` and other settings out of the address when it is a pooler.`;
  return undefined;
}

/** A host with several addresses fails with an error that has a code, but neither a message nor a system call. */
function isUnreachable({ code, syscall }: NodeJS.ErrnoException): boolean {
  return (
    code === 'ECONNREFUSED' || code === 'ENOTFOUND' || syscall === 'connect' || syscall === 'getaddrinfo'
  );
}

/** OpenSSL's codes for a certificate from an unknown authority. */
const UNVERIFIED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE)$/;
const OUT_OF_DATE = /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/;

function encryptionInWords({ code = '', message }: NodeJS.ErrnoException): string | undefined {
  if (message === 'The server does not support SSL connections')
    return 'The database server does not encrypt connections, and the sslmode of DATABASE_URL wants it to. Turn ssl on in the server, or, on a network that you trust, write sslmode=disable.';
  if (LOGIN_REFUSED.has(code) && /(no encryption|SSL off)/i.test(message))
    return `The database refused the login (${message}). Where the server only takes encrypted connections, add sslmode=verify-full to DATABASE_URL (or sslmode=no-verify for a certificate that cannot be checked).`;
  if (UNVERIFIED.test(code))
    return `The certificate of the database server could not be verified (${message}). Name the file of the authority that signed it with sslrootcert in DATABASE_URL; sslmode=no-verify encrypts without checking who answers.`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `The certificate of the database server is for another host name (${message}). Write the name that it was made for into DATABASE_URL.`;
  if (OUT_OF_DATE.test(code))
    return `The certificate of the database server is out of date (${message}). Renew it, or check this machine's clock.`;
  if (/^ERR_(SSL|OSSL|TLS)_/.test(code) || message === 'There was an error establishing an SSL connection')
    return `The encrypted connection to the database could not be made (${message}). Check sslmode, sslcert, sslkey and sslrootcert in DATABASE_URL.`;
  return undefined;
}
