const MAX_NAME = 64;
const OTHER = /[^A-Za-z0-9_-]/g;

/**
 * The names that models call a server's tools by, in the order of the server's own: `server__tool`, and a hash of the own
 * name behind it where that was cut or has characters that no model takes. What has the name of one before it is left out.
 */
export function foreignNames(
  server: string,
  names: readonly string[],
  hashOf: (text: string) => string,
): ReadonlyMap<string, string> {
  const own = new Map<string, string>();
  // A name that stays as it is goes before one that was made like it.
  const unchanged = names.filter((name) => name !== '' && plain(server, name) === `${server}__${name}`);
  const taken = new Set(unchanged.map((name) => plain(server, name)));
  for (const name of names) {
    if (own.has(name)) continue;
    const called = unchanged.includes(name) ? plain(server, name) : withHash(server, name, hashOf);
    if (!unchanged.includes(name) && taken.has(called)) continue;
    taken.add(called);
    own.set(name, called);
  }
  return own;
}

function plain(server: string, name: string): string {
  return `${server}__${name.replace(OTHER, '_')}`.slice(0, MAX_NAME);
}

function withHash(server: string, name: string, hashOf: (text: string) => string): string {
  const suffix = `_${hashOf(name)}`;
  return `${plain(server, name).slice(0, MAX_NAME - suffix.length)}${suffix}`;
}
