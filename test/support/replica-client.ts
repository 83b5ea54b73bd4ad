import { setTimeout as sleep } from 'node:timers/promises';
import { openStream, type OpenedStream, type ReceivedFrame } from './sse-client.js';

/** A message that the client posts itself; posting it again with the same key joins its turn. */
export interface ClientMessage {
  readonly content: string;
  readonly key: string;
  readonly options?: Record<string, unknown>;
}

export interface ReplicaClientOptions {
  readonly token: string;
  readonly threadId: string;
  /** Where it may connect to now. */
  readonly urls: () => readonly string[];
  /** From 0 up to, and without, 1. */
  readonly random: () => number;
  readonly message?: ClientMessage;
  /** Statuses after which it just comes again; others are problems. */
  readonly passing?: readonly number[];
}

/** A frame with the moment it came, on this process's clock. */
export type TimedFrame = ReceivedFrame & { readonly receivedAt: number };

const PAUSE_MS = 30;
const DEADLINE_MS = 60_000;
/** What fetch throws for a connection that was refused or broke, and for one that the client left. */
const BROKEN: readonly string[] = ['TypeError', 'AbortError'];
/** A server that is stopping, or a proxy without one that runs: such a client comes again. */
const PASSING: readonly number[] = [502, 503, 504];

/**
 * A client as a browser is one: it follows a thread, and whenever its stream ends it comes back to any replica with
 * the id of the last event it has. It keeps every durable frame in the order it came, and notes whatever must not be.
 */
export class ReplicaClient {
  /** Durable frames; a snapshot stands among them with the id of the event it goes up to. */
  readonly frames: TimedFrame[] = [];
  readonly problems: string[] = [];
  /** Streams that were opened, and how often the server or the network ended one. */
  connections = 0;
  breaks = 0;
  /** Answers other than a stream, by status. */
  readonly refusals: Record<number, number> = {};
  private readonly waiting = new Set<() => void>();
  private lastId: number | undefined;
  private current: OpenedStream | undefined;
  private left = false;
  private isPosted = false;
  private isStopped = false;
  private running: Promise<void> | undefined;

  constructor(private readonly options: ReplicaClientOptions) {}

  start(): this {
    this.running = this.run();
    return this;
  }

  get threadId(): string {
    return this.options.threadId;
  }

  /** Another client of the thread, who has seen nothing yet and posts nothing. */
  another(change: Partial<Pick<ReplicaClientOptions, 'urls'>> = {}): ReplicaClient {
    const { token, threadId, urls, random } = this.options;
    return new ReplicaClient({ token, threadId, urls, random, ...change });
  }

  /** The id of the newest event it has. */
  get cursor(): number {
    return this.lastId ?? 0;
  }

  /** Leaves its stream, to come back somewhere else. */
  disconnect(): void {
    this.left = true;
    this.current?.close();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.disconnect();
    await this.running;
  }

  /** Resolves when the condition holds; rejects with `what` and what came last, when it does not in time. */
  async until(condition: () => boolean, what: string, withinMs = DEADLINE_MS): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!condition()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`${what} did not come within ${withinMs} ms; ${this.state()}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, Math.min(left, 250));
      this.waiting.add(resolve);
      await promise;
      clearTimeout(timer);
      this.waiting.delete(resolve);
    }
  }

  /** The `done` of the turn, or of any. */
  done(turnId?: string): TimedFrame | undefined {
    return this.frames.find(
      ({ type, data }) => type === 'done' && (turnId === undefined || data['turnId'] === turnId),
    );
  }

  /** What the answer says so far, put together from its pieces. */
  text(messageId?: string): string {
    return textIn(this.frames, messageId);
  }

  private state(): string {
    const last = this.frames.at(-1);
    return `${this.frames.length} frames, the last ${last?.id} ${last?.type}, ${this.connections} connections, ${this.breaks} breaks`;
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      this.left = false;
      try {
        await this.followOnce();
      } catch (error) {
        // A replica that is not there, or was killed: that is what this client is for.
        if (BROKEN.includes((error as Error).name)) await sleep(PAUSE_MS);
        else this.problem(String(error));
      }
      if (!this.left) this.breaks += 1;
      if (!this.isStopped) await sleep(PAUSE_MS * this.options.random());
    }
  }

  private async followOnce(): Promise<void> {
    const stream = (this.current = await this.open());
    if (stream === undefined) return;
    if (this.left) stream.close();
    const { status } = stream.response;
    if (status !== 200) {
      this.refusals[status] = (this.refusals[status] ?? 0) + 1;
      const words = await stream.response.text();
      if (!(this.options.passing ?? PASSING).includes(status))
        this.problem(`answered ${status}: ${words.slice(0, 300)}`);
      await sleep(PAUSE_MS * 3);
      return;
    }
    this.connections += 1;
    this.isPosted = true;
    let isFirst = true;
    for await (const frame of stream.frames) {
      this.take(frame, isFirst);
      isFirst = false;
    }
  }

  private async open(): Promise<OpenedStream | undefined> {
    const { urls, random, token, threadId, message } = this.options;
    const candidates = urls();
    const url = candidates[Math.floor(random() * candidates.length)];
    if (url === undefined) {
      await sleep(PAUSE_MS);
      return undefined;
    }
    const headers = {
      authorization: `Bearer ${token}`,
      ...(this.lastId === undefined ? {} : { 'last-event-id': String(this.lastId) }),
    };
    const posts = message !== undefined && (!this.isPosted || random() < 0.3);
    if (!posts) return openStream(`${url}/chat/threads/${threadId}/stream`, { headers });
    return openStream(`${url}/chat/threads/${threadId}/messages/stream`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': message.key },
      body: JSON.stringify({
        content: message.content,
        ...(message.options === undefined ? {} : { options: message.options }),
      }),
    });
  }

  private take(frame: ReceivedFrame, isFirst: boolean): void {
    const { type, data } = frame;
    if (isFirst !== (type === 'connected')) this.problem(`${type} came ${isFirst ? 'first' : 'later'}`);
    if (type === 'connected') return this.compareCursor(data['lastEventId'] as number);
    const id = type === 'snapshot' ? (data['lastEventId'] as number) : frame.id;
    if (id === undefined) return this.problem(`${type} came without an id`);
    if (type === 'snapshot' && frame.id !== undefined) this.problem('a snapshot came with an id');
    if (this.lastId !== undefined && id <= this.lastId) this.problem(`${id} came after ${this.lastId}`);
    this.lastId = id;
    this.frames.push({ ...frame, id, receivedAt: performance.now() });
    this.waiting.forEach((wake) => wake());
  }

  /** A stream goes on from where the client was; one that begins with a snapshot says where that leads. */
  private compareCursor(lastEventId: number): void {
    if (this.lastId !== undefined && lastEventId < this.lastId)
      this.problem(`the stream went on from ${lastEventId}, the client has ${this.lastId}`);
  }

  private problem(words: string): void {
    this.problems.push(`${this.options.threadId}: ${words}`);
  }
}

/** The text of a message as a client has it, or of the latest one that spoke. */
export function textIn(frames: readonly ReceivedFrame[], messageId?: string): string {
  const speaks = ({ type, data }: ReceivedFrame) =>
    (type === 'ai_response' || type === 'ai_reset' || type === 'snapshot') &&
    (messageId === undefined || data['messageId'] === messageId);
  const wanted = messageId ?? (frames.findLast(speaks)?.data['messageId'] as string | undefined);
  let text = '';
  for (const { type, data } of frames) {
    if (data['messageId'] !== wanted) continue;
    if (type === 'ai_reset') text = '';
    if (type === 'ai_response') text += data['content'];
    if (type === 'snapshot') text = data['content'] as string;
  }
  return text;
}
