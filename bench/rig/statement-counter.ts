import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { StatementReader } from '../../test/support/statement-reader.ts';
import { answerParent } from './worker.ts';

/* Stands between a server and its database, hands everything on and counts by name the statements that are sent. */

type Place = { readonly host: string; readonly port: number } | string;

const counts = new Map<string, number>();

function count(name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function handOn(client: Socket, place: Place): void {
  const server = typeof place === 'string' ? connect(place) : connect(place);
  const reader = new StatementReader(count);
  client.on('data', (piece: Buffer) => reader.read(piece));
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    from.setNoDelay(true);
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
    from.pipe(to);
  }
}

const handlers = {
  /** The port that leads to the place. */
  listen: async (place: Place): Promise<number> => {
    const listener = createServer((client) => handOn(client, place));
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return (listener.address() as AddressInfo).port;
  },
  /** What has been counted since this was asked last. */
  take: (): Readonly<Record<string, number>> => {
    const taken = Object.fromEntries(counts);
    counts.clear();
    return taken;
  },
};
export type StatementCounter = typeof handlers;
answerParent(handlers);
