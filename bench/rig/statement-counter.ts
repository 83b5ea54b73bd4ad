import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { answerParent } from './worker.ts';

/* Stands between a server and its database, hands everything on and counts by name the statements that are sent. */

type Place = { readonly host: string; readonly port: number } | string;

const counts = new Map<string, number>();

function count(name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** The statements in what a client sends: it comes in pieces that end anywhere. */
class Reader {
  private rest: Buffer = Buffer.alloc(0);
  private hasBegun = false;
  /** The first words of the statement without a name that was sent last. */
  private unnamed = '';

  read(piece: Buffer): void {
    let rest = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    for (;;) {
      // The first message has no type.
      const head = this.hasBegun ? 1 : 0;
      if (rest.length < head + 4) break;
      const end = head + rest.readUInt32BE(head);
      if (rest.length < end) break;
      if (this.hasBegun) this.take(String.fromCharCode(rest[0]!), rest.subarray(5, end));
      this.hasBegun = true;
      rest = rest.subarray(end);
    }
    this.rest = rest;
  }

  private take(type: string, body: Buffer): void {
    if (type === 'Q') count(firstWords(textAt(body, 0)));
    if (type === 'P' && body[0] === 0) this.unnamed = firstWords(textAt(body, 1));
    if (type === 'B') count(textAt(body, body.indexOf(0) + 1) || this.unnamed);
  }
}

function textAt(body: Buffer, start: number): string {
  return body.toString('utf8', start, body.indexOf(0, start));
}

function firstWords(text: string): string {
  return text.trim().split(/\s+/, 2).join(' ');
}

function handOn(client: Socket, place: Place): void {
  const server = typeof place === 'string' ? connect(place) : connect(place);
  const reader = new Reader();
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
