/** The readers of `stalled-readers.ts`: bare sockets in a process of their own, told over IPC what to do. */
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface ReadersOrder {
  readonly url: string;
  readonly token: string;
  readonly threadId: string;
  readonly prompt: string;
  readonly healthy: number;
  readonly stalled: number;
}

/** In milliseconds. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

export interface Figures {
  readonly gaps: Spread;
  readonly delays: Spread;
  readonly pieces: number;
  readonly wrong: number;
  readonly converged: number;
}

/** Reads one stream as it comes: chunked HTTP, then frames, then the answer's text. */
class Reader {
  readonly arrivals: number[] = [];
  readonly delays: number[] = [];
  /** Of the text put together from its pieces, and of the text that came at the end: a thousand texts are large. */
  readonly text = createHash('sha256');
  accumulated: string | undefined;
  readonly done = Promise.withResolvers<void>();
  private readonly socket: Socket;
  private rest: Buffer = Buffer.alloc(0);
  private headIsRead = false;
  private frames = '';
  private readonly decoder = new TextDecoder();

  constructor({ url, token, threadId }: ReadersOrder, isStalled: boolean) {
    const { hostname, port } = new URL(url);
    this.socket = connect({ host: hostname, port: Number(port) });
    if (isStalled) this.socket.pause();
    this.socket.write(
      `GET /chat/threads/${threadId}/stream HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    this.socket.on('error', (error) => this.done.reject(error));
    this.socket.on('close', () => this.done.reject(new Error('the stream broke off')));
    if (!isStalled) this.resume();
    this.done.promise.catch(() => undefined);
  }

  resume(): void {
    this.socket.on('data', (chunk) => this.take(chunk as Buffer));
    this.socket.resume();
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    if (!this.headIsRead) {
      const end = this.rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.rest = this.rest.subarray(end + 4);
      this.headIsRead = true;
    }
    for (;;) {
      const end = this.rest.indexOf('\r\n');
      if (end < 0) break;
      const size = parseInt(this.rest.toString('latin1', 0, end), 16);
      if (this.rest.length < end + 2 + size + 2) break;
      this.frames += this.decoder.decode(this.rest.subarray(end + 2, end + 2 + size), { stream: true });
      this.rest = this.rest.subarray(end + 2 + size + 2);
    }
    const complete = this.frames.lastIndexOf('\n\n') + 2;
    if (complete < 2) return;
    for (const frame of this.frames.slice(0, complete).split('\n\n')) this.read(frame);
    this.frames = this.frames.slice(complete);
  }

  private read(frame: string): void {
    const at = frame.indexOf('data: ');
    if (at < 0) return;
    const { type, data, timestamp } = JSON.parse(frame.slice(at + 6));
    if (type === 'ai_response' && data.isComplete) this.accumulated = digestOf(data.accumulated);
    if (type === 'ai_response' && !data.isComplete) {
      this.text.update(data.content);
      this.arrivals.push(performance.now());
      this.delays.push(Date.now() - Date.parse(timestamp));
    }
    if (type === 'done') this.done.resolve();
  }
}

/** The last frames are whole answers, and are held here until all of each has come. */
const READ_ON_AT_ONCE = 50;

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) * 10) / 10;
  return { p50: at(0.5), p99: at(0.99), most: at(1) };
}

async function openStreams({ url }: ReadersOrder): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^threadline_open_streams (\d+)$/m.exec(metrics)?.[1]);
}

async function post({ url, token, threadId, prompt }: ReadersOrder): Promise<string> {
  const response = await fetch(`${url}/chat/threads/${threadId}/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ content: prompt }),
  });
  const { response: text, ...rest } = (await response.json()) as { response?: string };
  if (text === undefined) throw new Error(`the turn failed: ${JSON.stringify(rest)}`);
  return text;
}

async function carryOut(order: ReadersOrder): Promise<void> {
  const readers = Array.from({ length: order.healthy }, () => new Reader(order, false));
  const stalled = Array.from({ length: order.stalled }, () => new Reader(order, true));
  // Everybody is there before the turn begins, and the server has done with letting them in.
  while ((await openStreams(order)) < order.healthy + order.stalled) await pause(200);
  await pause(2_000);
  const stored = digestOf(await post(order));
  await Promise.all(readers.map((reader) => reader.done.promise));
  const isRight = ({ text, accumulated }: Reader) =>
    text.copy().digest('hex') === stored && accumulated === stored;
  const readOn = new Promise<void>((resolve) => process.once('message', () => resolve()));
  process.send!('over');
  await readOn;
  for (let start = 0; start < stalled.length; start += READ_ON_AT_ONCE) {
    const some = stalled.slice(start, start + READ_ON_AT_ONCE);
    for (const reader of some) reader.resume();
    await Promise.allSettled(some.map((reader) => reader.done.promise));
  }
  const gaps = readers.flatMap(({ arrivals }) => arrivals.slice(1).map((at, index) => at - arrivals[index]!));
  const figures: Figures = {
    gaps: spreadOf(gaps),
    delays: spreadOf(readers.flatMap(({ delays }) => delays)),
    pieces: readers[0]?.arrivals.length ?? 0,
    wrong: readers.filter((reader) => !isRight(reader)).length,
    converged: stalled.filter(isRight).length,
  };
  process.send!(figures);
}

process.once('message', (order: ReadersOrder) => void carryOut(order));
