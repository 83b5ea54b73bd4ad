/** The same server and role, another database; takes addresses of Unix sockets too, which are not quite URLs. */
export function withDatabase(connectionString: string, database: string): string {
  const parts = /^(postgres(?:ql)?:\/\/[^/?#]*)(?:\/[^?#]*)?(\?.*)?$/.exec(connectionString);
  if (parts === null) throw new Error('DATABASE_URL is not a postgres:// address.');
  return `${parts[1]}/${database}${parts[2] ?? ''}`;
}
