import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A wire between a client and a server that can be cut, and led to another server. */
export interface TcpProxy {
  /** Where clients connect to. */
  readonly url: string;
  /** How many connections were made through it. */
  readonly connections: number;
  /** Breaks every connection there is, as a network does: neither side says good-bye. */
  cut(): void;
  /** Where connections go from now on. */
  leadTo(url: string): void;
  close(): Promise<void>;
}

/** Starts a proxy on a free port. A server that is not there is a connection that breaks off. */
export async function startTcpProxy(url: string): Promise<TcpProxy> {
  let port = portOf(url);
  let connections = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  const server = createServer((client) => {
    connections += 1;
    const upstream = connect(port, '127.0.0.1');
    keep(client);
    keep(upstream);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => sockets.forEach((socket) => socket.resetAndDestroy());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    cut,
    leadTo(other) {
      port = portOf(other);
    },
    async close() {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
