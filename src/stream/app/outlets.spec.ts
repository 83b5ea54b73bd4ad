import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Subscriber } from 'rxjs';
import type { SseMessage } from '../core/sse.js';
import { chunksOf } from './chunks.js';
import { observableOutlet, rawOutlet } from './outlets.js';

/** A client that takes what it is sent at once, or when it is told to, and what it was sent, write by write. */
class Client extends Socket {
  readonly writes: string[] = [];
  private held: (() => void) | undefined;
  isHeld = false;

  override _writev(chunks: { chunk: Buffer | string }[], done: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => chunk.toString()).join(''));
    if (this.isHeld) this.held = done;
    else done();
  }

  override _write(chunk: Buffer | string, _encoding: string, done: () => void): void {
    this._writev([{ chunk }], done);
  }

  takes(): void {
    this.held?.();
  }
}

function responseTo(client: Client): ServerResponse {
  const request = Object.assign(new IncomingMessage(client), { httpVersionMajor: 1, httpVersionMinor: 1 });
  const response = new ServerResponse(request);
  response.assignSocket(client);
  return response;
}

function opened() {
  const client = new Client();
  const response = responseTo(client);
  const framework: SseMessage[] = [];
  const subscriber = {
    next: (message: SseMessage) => framework.push(message),
    complete: () => response.end(),
  };
  const outlet = observableOutlet(subscriber as unknown as Subscriber<SseMessage>, response);
  /** As the framework does it. */
  const open = () => {
    response.writeHead(200, { 'content-type': 'text/event-stream', pragma: 'no-cache' });
    response.flushHeaders();
    response.write('\n');
    for (const { comment } of framework.splice(0)) response.write(`: ${comment}\n\n`);
  };
  return { client, response, outlet, framework, open };
}

const [one, two, three] = ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'].map((text) => chunksOf(text)[0]!);
const nobody = () => undefined;

describe('the outlet of an `@Sse()` route', () => {
  it('opens the response with its first chunk, in one packet, and tells clients when to come back', () => {
    const { client, outlet, open } = opened();
    outlet.write(one!, nobody);
    expect(client.writes).toEqual([]);
    open();

    expect(client.writes).toHaveLength(1);
    expect(client.writes[0]).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n15\r\nretry: 1000\ndata: 1\n\n\r\n$/);
    expect(client.writes[0]).not.toMatch(/pragma/i);
  });

  it('keeps the order of what came before the response was open', () => {
    const { client, outlet, open, framework } = opened();
    outlet.write(one!, nobody);
    outlet.write(two!, nobody);
    expect(framework).toHaveLength(1);
    open();
    outlet.write(three!, nobody);

    expect(client.writes.join('').match(/data: \d/g)).toEqual(['data: 1', 'data: 2', 'data: 3']);
  });

  it('writes what follows straight to the socket, each chunk once', () => {
    const { client, outlet, open, framework } = opened();
    outlet.write(one!, nobody);
    open();
    client.writes.splice(0);
    outlet.write(two!, nobody);

    expect(framework).toEqual([]);
    expect(client.writes).toEqual(['9\r\ndata: 2\n\n\r\n']);
  });

  it('sends the headers alone when nothing follows at once', async () => {
    const { client, open } = opened();
    open();
    await new Promise(setImmediate);

    expect(client.writes.join('')).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
  });
});

describe('a chunk', () => {
  it('is taken at once where there is room, and once only', async () => {
    const { client, outlet, open } = opened();
    outlet.write(one!, nobody);
    open();
    let taken = 0;
    outlet.write(two!, () => (taken += 1));
    expect(taken).toBe(1);
    await new Promise(setImmediate);
    expect(taken).toBe(1);

    client.isHeld = true;
    outlet.write(three!, () => (taken += 1));
    await new Promise(setImmediate);
    expect(taken).toBe(1);
    client.takes();
    await new Promise(setImmediate);
    expect(taken).toBe(2);
  });

  it('will never be taken by a client that has gone', async () => {
    const client = new Client();
    const response = responseTo(client);
    const outlet = rawOutlet(response);
    response.destroy();
    let isTaken = false;
    outlet.write(one!, () => (isTaken = true));
    expect(isTaken).toBe(false);
    await new Promise(setImmediate);

    expect([isTaken, client.writes]).toEqual([true, []]);
  });
});
