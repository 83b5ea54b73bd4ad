import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { behaviourIn, DEFAULT_BEHAVIOUR, type Behaviour } from './stand-in-behaviour.js';

/** One request to a model. Times are milliseconds since 1970. */
export interface Recorded<Body> {
  readonly path: string;
  readonly body: Body;
  readonly headers: IncomingHttpHeaders;
  readonly receivedAt: number;
  /** The number of its connection, from 1. */
  readonly connection: number;
  /** When the client closed the connection before the answer was complete. */
  closedAt: number | undefined;
  /** Resolves to {@link closedAt} when that happens, and never when it does not. */
  readonly closed: Promise<number>;
  /** Resolves when the answer is over, whoever ended it. */
  readonly ended: Promise<void>;
}

const MOST_RECORDS = 10_000;

/** Adds to a list from which the oldest go when there are very many. */
export function keep<Entry>(list: Entry[], entry: Entry): void {
  list.push(entry);
  if (list.length > MOST_RECORDS) list.shift();
}

/** What a stand-in was asked, over which connections, and how it is to answer. */
export class Records<Body> {
  readonly requests: Recorded<Body>[] = [];
  readonly queue: Partial<Behaviour>[] = [];
  readonly connections = { open: 0, total: 0 };
  readonly usual: Behaviour;
  private readonly numbers = new WeakMap<Socket, number>();
  /** How often each message has met its fault: a fault with a number ends after so many times. */
  private readonly met = new Map<string, number>();

  constructor(behaviour: Partial<Behaviour> = {}) {
    this.usual = { ...DEFAULT_BEHAVIOUR, ...behaviour };
  }

  behaviourFor(lastMessage: string): Behaviour {
    const scripted = this.queue.shift();
    if (scripted !== undefined) return { ...this.usual, ...scripted };
    const behaviour = { ...this.usual, ...behaviourIn(lastMessage) };
    if (behaviour.fault !== 'rate_limit' && behaviour.fault !== 'server_error') return behaviour;
    const met = (this.met.get(lastMessage) ?? 0) + 1;
    this.met.set(lastMessage, met);
    return behaviour.at > 0 && met > behaviour.at ? { ...behaviour, fault: undefined } : behaviour;
  }

  connected(socket: Socket): void {
    this.connections.total += 1;
    this.connections.open += 1;
    this.numbers.set(socket, this.connections.total);
    socket.once('close', () => (this.connections.open -= 1));
  }

  record(body: Body, request: IncomingMessage, response: ServerResponse): void {
    const closed = Promise.withResolvers<number>();
    const ended = Promise.withResolvers<void>();
    const record: Recorded<Body> = {
      path: request.url?.split('?')[0] ?? '',
      body,
      headers: request.headers,
      receivedAt: Date.now(),
      connection: this.numbers.get(request.socket) ?? 0,
      closedAt: undefined,
      closed: closed.promise,
      ended: ended.promise,
    };
    response.once('close', () => {
      ended.resolve();
      if (response.writableFinished) return;
      record.closedAt = Date.now();
      closed.resolve(record.closedAt);
    });
    keep(this.requests, record);
  }
}
