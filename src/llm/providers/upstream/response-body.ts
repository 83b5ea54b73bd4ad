import type { IncomingMessage } from 'node:http';
import type { ByteReader } from './upstream-call.js';

type Read = Awaited<ReturnType<ByteReader['read']>>;

/** Bytes that are buffered before the connection is paused. */
const MAX_WAITING = 65_536;

/**
 * The body of a response, read directly from the connection: everything since the last read is one piece. A reader that
 * stops early has to cancel the body or abort the request.
 */
export class ResponseBody implements ByteReader {
  private waiting: Uint8Array[] = [];
  private bytes = 0;
  private over = false;
  private failure: Error | undefined;
  private reader: { resolve: (read: Read) => void; reject: (error: Error) => void } | undefined;

  constructor(private readonly message: IncomingMessage) {
    message.on('data', (chunk: Uint8Array) => this.buffer(chunk));
    message.on('end', () => this.finish(undefined));
    message.on('error', (error) => this.finish(error));
    message.on('close', () =>
      this.finish(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })),
    );
  }

  /** One read at a time. After all buffered bytes, throws the error that broke the connection. */
  read(): Promise<Read> {
    if (this.bytes > 0) return Promise.resolve({ done: false, value: this.drain() });
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.over) return Promise.resolve({ done: true });
    return new Promise((resolve, reject) => (this.reader = { resolve, reject }));
  }

  /** Closes the connection, unless everything has been read. */
  cancel(): Promise<void> {
    this.waiting = [];
    this.bytes = 0;
    if (!this.over) this.message.destroy();
    return Promise.resolve();
  }

  /** The SDKs cancel a body that they do not need through its iterator. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: async () => {
        const { done, value } = await this.read();
        return done ? { done: true, value: undefined } : { done: false, value };
      },
      return: async () => {
        await this.cancel();
        return { done: true, value: undefined };
      },
    };
  }

  private buffer(chunk: Uint8Array): void {
    const reader = this.reader;
    if (reader !== undefined) {
      this.reader = undefined;
      reader.resolve({ done: false, value: chunk });
      return;
    }
    this.waiting.push(chunk);
    this.bytes += chunk.byteLength;
    if (this.bytes >= MAX_WAITING) this.message.pause();
  }

  private drain(): Uint8Array {
    const [first] = this.waiting;
    const all = this.waiting.length === 1 && first !== undefined ? first : Buffer.concat(this.waiting);
    this.waiting = [];
    this.bytes = 0;
    if (this.message.isPaused()) this.message.resume();
    return all;
  }

  private finish(failure: Error | undefined): void {
    if (this.over) return;
    this.over = true;
    this.failure = failure;
    const reader = this.reader;
    this.reader = undefined;
    if (failure === undefined) reader?.resolve({ done: true });
    else reader?.reject(failure);
  }
}
