import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { behaviourIn, type Behaviour, type Fault } from './openai-behaviour.js';

/** A message as it was sent; what a client may send besides is kept as well. */
export interface SentMessage {
  readonly role: string;
  readonly content: string | null | readonly { readonly type: string; readonly text?: string }[];
  readonly tool_calls?: readonly unknown[];
  readonly tool_call_id?: string;
}

/** A request for a completion, as it was sent. */
export interface CompletionBody {
  readonly model: string;
  readonly messages: readonly SentMessage[];
  readonly tools?: readonly unknown[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
}

/** One completion that was asked for. Times are milliseconds since 1970. */
export interface RecordedRequest {
  readonly body: CompletionBody;
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

/** A request for something else than a completion. */
export interface RecordedCall {
  readonly route: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

const MOST_RECORDS = 10_000;

/** What the stand-in was asked, and how it is to answer. */
export class State {
  readonly requests: RecordedRequest[] = [];
  readonly others: RecordedCall[] = [];
  readonly queue: Partial<Behaviour>[] = [];
  readonly numbers = new WeakMap<object, number>();
  open = 0;
  total = 0;
  /** How often each message has met its fault: a fault with a number ends after so many times. */
  private readonly met = new Map<string, number>();
  modelsFault: Fault | undefined;

  constructor(
    readonly usual: Behaviour,
    readonly models: readonly object[],
  ) {}

  behaviourFor(lastMessage: string): Behaviour {
    const scripted = this.queue.shift();
    if (scripted !== undefined) return { ...this.usual, ...scripted };
    const behaviour = { ...this.usual, ...behaviourIn(lastMessage) };
    if (behaviour.fault !== 'rate_limit' && behaviour.fault !== 'server_error') return behaviour;
    const met = (this.met.get(lastMessage) ?? 0) + 1;
    this.met.set(lastMessage, met);
    return behaviour.at > 0 && met > behaviour.at ? { ...behaviour, fault: undefined } : behaviour;
  }

  note(route: string, { headers }: IncomingMessage, body: unknown): void {
    this.others.push({ route, headers, body });
    if (this.others.length > MOST_RECORDS) this.others.shift();
  }

  record(body: CompletionBody, request: IncomingMessage, response: ServerResponse): void {
    const closed = Promise.withResolvers<number>();
    const ended = Promise.withResolvers<void>();
    const record: RecordedRequest = {
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
