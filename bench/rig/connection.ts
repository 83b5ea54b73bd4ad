import { connect, type Socket } from 'node:net';
import { MARK } from './wire.ts';
import { clock } from './worker.ts';

/** An answer as far as it is looked at. Times on the machine's clock, in milliseconds. */
export interface Answer {
  readonly status: number;
  readonly sentAt: number;
  /** When its head had come. */
  readonly openedAt: number;
  /** When the first token had come; `undefined` when none has. */
  readonly firstTokenAt: number | undefined;
  readonly endedAt: number;
  /** How often the tokens' mark stood in it. */
  readonly marks: number;
  readonly bytes: number;
}

export interface Listener {
  /** The answer's head is there. */
  opened(status: number): void;
  /** So many marks came; with counting off, none. */
  counted(marks: number): void;
  ended(answer: Answer): void;
  /** The connection broke off in the middle, or could not be made. */
  broke(): void;
}

const MARK_CODE = MARK.charCodeAt(0);
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');

/** One buffer for all connections: what is in it has been looked at before the next read. */
const shared = Buffer.alloc(65_536);

/**
 * An HTTP/1.1 client connection that looks at as little as it can: it counts marks and finds the answer's end.
 * One request at a time; a connection that the server closed between two answers is made anew.
 */
export class Connection {
  private readonly port: number;
  private readonly counts: boolean;
  private readonly listener: Listener;
  private socket: Socket | undefined;
  private isBusy = false;
  private head: string | undefined = '';
  private status = 0;
  /** Bytes of the body that are still to come; `undefined`: until the last chunk. */
  private missing: number | undefined;
  private readonly tail = Buffer.alloc(LAST_CHUNK.length);
  private sentAt = 0;
  private openedAt = 0;
  private firstTokenAt: number | undefined;
  private marks = 0;
  private bytes = 0;

  constructor(port: number, counts: boolean, listener: Listener) {
    this.port = port;
    this.counts = counts;
    this.listener = listener;
  }

  send(request: string): void {
    this.head = '';
    this.tail.fill(0);
    this.firstTokenAt = undefined;
    this.marks = 0;
    this.bytes = 0;
    this.isBusy = true;
    this.socket ??= this.open();
    this.sentAt = clock();
    this.socket.write(request);
  }

  close(): void {
    this.isBusy = false;
    this.socket?.destroy();
    this.socket = undefined;
  }

  private open(): Socket {
    const callback = (length: number) => {
      this.read(length);
      return true;
    };
    const socket = connect({ host: '127.0.0.1', port: this.port, onread: { buffer: shared, callback } });
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      if (this.isBusy) {
        this.isBusy = false;
        this.listener.broke();
      }
    });
    return socket;
  }

  private read(length: number): void {
    const start = this.head === undefined ? 0 : this.readHead(length);
    if (start < 0) return;
    const size = length - start;
    this.bytes += size;
    if (this.counts) this.count(start, length);
    if (this.missing !== undefined) {
      this.missing -= size;
      if (this.missing <= 0) this.end();
      return;
    }
    if (size >= this.tail.length) shared.copy(this.tail, 0, length - this.tail.length, length);
    else {
      this.tail.copyWithin(0, size);
      shared.copy(this.tail, this.tail.length - size, start, length);
    }
    if (this.tail.equals(LAST_CHUNK)) this.end();
  }

  /** Where in the buffer the body starts, or −1 while the head is incomplete. */
  private readHead(length: number): number {
    const before = this.head?.length ?? 0;
    const head = `${this.head ?? ''}${shared.toString('latin1', 0, length)}`;
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) {
      this.head = head;
      return -1;
    }
    this.head = undefined;
    this.status = Number(head.slice(9, 12));
    const stated = /\r\ncontent-length: *(\d+)/i.exec(head.slice(0, end + 2));
    this.missing = stated === null ? undefined : Number(stated[1]);
    this.openedAt = clock();
    this.listener.opened(this.status);
    return end + 4 - before;
  }

  private count(start: number, end: number): void {
    let found = 0;
    for (let index = start; index < end; index += 1) if (shared[index] === MARK_CODE) found += 1;
    if (found === 0) return;
    if (this.marks === 0) this.firstTokenAt = clock();
    this.marks += found;
    this.listener.counted(found);
  }

  private end(): void {
    this.isBusy = false;
    const { status, sentAt, openedAt, firstTokenAt, marks, bytes } = this;
    this.listener.ended({ status, sentAt, openedAt, firstTokenAt, endedAt: clock(), marks, bytes });
  }
}
