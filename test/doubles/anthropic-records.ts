import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { MessagesBody } from './anthropic-wire.js';
import { behaviourIn, type Behaviour, type Fault } from './openai-behaviour.js';

/** One message that was asked for. Times are milliseconds since 1970. */
export interface RecordedMessage {
  readonly body: MessagesBody;
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

/** What the stand-in was asked, and how it is to answer. */
export class Records {
  readonly requests: RecordedMessage[] = [];
  readonly queue: Partial<Behaviour>[] = [];
  readonly numbers = new WeakMap<object, number>();
  open = 0;
  total = 0;
  /** How often each message has met its fault: a fault with a number ends after so many times. */
  private readonly met = new Map<string, number>();

  /** How the list of models is answered. */
  modelsFault: Fault | undefined;

  constructor(readonly usual: Behaviour) {}

  behaviourFor(lastMessage: string): Behaviour {
    const scripted = this.queue.shift();
    if (scripted !== undefined) return { ...this.usual, ...scripted };
    const behaviour = { ...this.usual, ...behaviourIn(lastMessage) };
    if (behaviour.fault !== 'rate_limit' && behaviour.fault !== 'server_error') return behaviour;
    const met = (this.met.get(lastMessage) ?? 0) + 1;
    this.met.set(lastMessage, met);
    return behaviour.at > 0 && met > behaviour.at ? { ...behaviour, fault: undefined } : behaviour;
  }

  record(body: MessagesBody, request: IncomingMessage, response: ServerResponse): void {
    const closed = Promise.withResolvers<number>();
    const ended = Promise.withResolvers<void>();
    const record: RecordedMessage = {
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
    this.requests.push(record);
    if (this.requests.length > MOST_RECORDS) this.requests.shift();
  }
}
