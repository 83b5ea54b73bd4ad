import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A wire between a client and a server that can be cut, led to another server, and made to carry nothing. */
export interface TcpProxy {
  /** Where clients connect to. */
  readonly url: string;
  readonly port: number;
  /** How many connections were made through it. */
  readonly connections: number;
  /** Breaks every connection there is, as a network does: neither side says good-bye. */
  cut(): void;
  /** From now on nothing goes through either way, on old connections and on new ones, and nobody is told. */
  silence(): void;
  /** New connections go through again. Those that fell silent stay so: whatever was between has forgotten them. */
  speak(): void;
  /** Where connections go from now on. */
  leadTo(url: string): void;
  close(): Promise<void>;
}

/**
 * Starts a proxy on a free port. A server that is not there is a connection that breaks off. `url` is anything with a port
 * on this machine, or an address of Postgres on a Unix socket. `overhear` is called for each connection, and what it returns with
 * everything that its client sends.
 */
export async function startTcpProxy(
  url: string,
  overhear?: () => (piece: Buffer) => void,
): Promise<TcpProxy> {
  let target = targetOf(url);
  let connections = 0;
  let isSilent = false;
  const sockets = new Set<Socket>();
  const pairs = new Set<readonly [Socket, Socket]>();
  const dead = new WeakSet<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  const kill = (pair: readonly [Socket, Socket]) => {
    const [client, upstream] = pair;
    client.unpipe(upstream).pause();
    upstream.unpipe(client).pause();
    for (const socket of pair) dead.add(socket);
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections += 1;
    keep(client);
    if (isSilent) {
      client.pause();
      return;
    }
    const upstream = connect(target);
    keep(upstream);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const ended = (other: Socket) => {
      pairs.delete(pair);
      // The end of one side is not heard by the other either.
      if (!dead.has(other)) other.destroy();
    };
    client.once('close', () => ended(upstream));
    upstream.once('close', () => ended(client));
    if (overhear !== undefined) client.on('data', overhear());
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cut = () => sockets.forEach((socket) => socket.resetAndDestroy());
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get connections() {
      return connections;
    },
    cut,
    silence() {
      isSilent = true;
      pairs.forEach(kill);
    },
    speak() {
      isSilent = false;
    },
    leadTo(other) {
      target = targetOf(other);
    },
    async close() {
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await once(server, 'close');
    },
  };
}

/** The same database through the proxy. */
export function throughProxy(connectionString: string, { port }: Pick<TcpProxy, 'port'>): string {
  const [, credentials = '', path = ''] =
    /^\w+:\/\/(?:([^@/]*)@)?[^/]*(\/[^?]*)/.exec(connectionString) ?? [];
  return `postgresql://${credentials === '' ? '' : `${credentials}@`}127.0.0.1:${port}${path}?sslmode=disable`;
}

function targetOf(url: string): { port: number; host: string } | { path: string } {
  const { searchParams, port } = new URL(url.replace('@/', '@socket/'));
  const directory = searchParams.get('host');
  if (directory !== null) return { path: `${directory}/.s.PGSQL.${searchParams.get('port') ?? '5432'}` };
  return { host: '127.0.0.1', port: Number(port === '' ? 5432 : port) };
}
