/** Port number in the socket's file name; nothing listens on TCP. */
export const SOCKET_PORT = 5432;

/** What the database is called, and the role that owns it and that the application connects as. */
export const APPLICATION = 'threadline';

/** Shortest limit of a Unix socket's path in bytes, over the systems we run on. */
const LONGEST_SOCKET_PATH = 103;

/** The server's command line. Not durable means: a crash of the machine may destroy the data (for tests). */
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
    // Errors of statements quote values, so what users wrote: they go to the client alone, never to the file.
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

/** Whether a server can put its socket into the folder: short enough, and nothing its list of folders would split. */
export function fitsSocket(folder: string): boolean {
  const path = `${folder}/.s.PGSQL.${SOCKET_PORT}.lock`;
  return Buffer.byteLength(path) <= LONGEST_SOCKET_PATH && /^[\w/.+-]+$/.test(folder);
}

/** Where a client finds the server. */
export interface ServerEndpoint {
  readonly socketDirectory: string;
  readonly port: number;
}

/** The address as pg and libpq read it; whatever PGPORT or PGSSLMODE say is overruled. */
export function connectionString(
  { socketDirectory, port }: ServerEndpoint,
  user: string,
  database: string,
): string {
  const query = `host=${encodeURIComponent(socketDirectory)}&port=${port}&sslmode=disable`;
  return `postgresql://${user}@/${database}?${query}`;
}
