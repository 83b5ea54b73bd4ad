import { createParser } from 'eventsource-parser';
import type { TestUser } from './test-user.js';

/** An event as a client of another system's wire gets it; `data` is JSON unless it says otherwise. */
export interface WireEvent {
  readonly event: string | undefined;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever came over the wire
  readonly data: any;
}

export interface OpenedWire {
  readonly response: Response;
  /** Events as they come; ends when the server ends the stream, or when it was left. */
  readonly events: AsyncGenerator<WireEvent, void>;
  /** Leaves, as a client that goes away does. */
  readonly close: () => void;
}

/** Everything that came in answer to one request. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly events: readonly WireEvent[];
}

/** Asks as a user, and leaves the answer to be read. */
export async function openWire(
  url: string,
  user: Pick<TestUser, 'token'> | undefined,
  path: string,
  body?: unknown,
): Promise<OpenedWire> {
  const controller = new AbortController();
  const response = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(user === undefined ? {} : { authorization: `Bearer ${user.token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: controller.signal,
  });
  return { response, events: eventsOf(response), close: () => controller.abort() };
}

/** Asks as a user, and reads the answer to its end. */
export async function readWire(
  url: string,
  user: Pick<TestUser, 'token'> | undefined,
  path: string,
  body?: unknown,
): Promise<WireAnswer> {
  const { response } = await openWire(url, user, path, body);
  const text = await response.text();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  return { status: response.status, headers: response.headers, text, events: isStream ? parsed(text) : [] };
}

/** The next so many events of a stream. */
export async function someOf(wire: OpenedWire, count: number): Promise<WireEvent[]> {
  const events: WireEvent[] = [];
  while (events.length < count) {
    const next = await wire.events.next();
    if (next.done) break;
    events.push(next.value);
  }
  return events;
}

async function* eventsOf(response: Response): AsyncGenerator<WireEvent, void> {
  const received: WireEvent[] = [];
  const parser = createParser({ onEvent: (event) => received.push(decoded(event)) });
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body!) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      yield* received.splice(0);
    }
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
  }
}

function parsed(text: string): WireEvent[] {
  const received: WireEvent[] = [];
  createParser({ onEvent: (event) => received.push(decoded(event)) }).feed(text);
  return received;
}

function decoded({ event, data }: { readonly event?: string | undefined; readonly data: string }): WireEvent {
  return { event, data: data.startsWith('{') ? JSON.parse(data) : data };
}
