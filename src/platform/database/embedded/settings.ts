/** Port number in the socket's file name; nothing listens on TCP. */
export const SOCKET_PORT = 5432;

/** The name of the database, and of the role that owns it and that the application uses. */
export const APPLICATION = 'threadline';

/** The shortest limit of a Unix socket's path in bytes, over the supported systems. */
const MAX_SOCKET_PATH_BYTES = 103;

/** The server's command line. `durable: false` (for tests): a crash of the machine may destroy the data. */
export function serverArguments(directory: string, socketDirectory: string, durable: boolean): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '',
    port: String(SOCKET_PORT),
    unix_socket_directories: socketDirectory,
    unix_socket_permissions: '0700',
    max_connections: '100',
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Errors of statements quote users' values, so they are sent to the client only, never logged.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return [
    '-D',
    directory,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

/** Whether the server's socket can be in the folder: its path is short enough and contains no list separators. */
export function fitsSocket(folder: string): boolean {
  const path = `${folder}/.s.PGSQL.${SOCKET_PORT}.lock`;
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES && /^[\w/.+-]+$/.test(folder);
}

/** The address of the server's socket. */
export interface ServerEndpoint {
  readonly socketDirectory: string;
  readonly port: number;
}

/** The connection string for pg and libpq; it overrides PGPORT and PGSSLMODE. */
export function connectionString(
  { socketDirectory, port }: ServerEndpoint,
  user: string,
  database: string,
): string {
  const query = `host=${encodeURIComponent(socketDirectory)}&port=${port}&sslmode=disable`;
  return `postgresql://${user}@/${database}?${query}`;
}
