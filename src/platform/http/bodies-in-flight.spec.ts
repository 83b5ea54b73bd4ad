import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { BodiesInFlight, type BodyReservation } from './bodies-in-flight.js';
import { isTooSlow } from './slow-bodies.js';

const MB = 1_000_000;

/** A request of which so much has come over its connection. */
function request(bytesRead = 0) {
  const socket = { bytesRead, writable: true, write: jest.fn(), destroy: jest.fn() };
  const emitter = Object.assign(new EventEmitter(), { socket, complete: false });
  return emitter as unknown as IncomingMessage & { readonly socket: typeof socket };
}

describe('bodies in flight', () => {
  let bodies: BodiesInFlight;
  let admitted: string[];

  beforeEach(() => {
    jest.useFakeTimers();
    bodies = new BodiesInFlight({ MAX_BODY_BYTES_IN_FLIGHT: 100 * MB });
    admitted = [];
  });

  afterEach(() => {
    bodies.onModuleDestroy();
    jest.useRealTimers();
  });

  /** Notes when there is room for the body of a user. */
  async function take(user: string, bytes: number, from = request()): Promise<BodyReservation> {
    const place = await bodies.acquire(user, bytes, from);
    admitted.push(user);
    return place;
  }

  it('have a user wait for their own, and nobody else', async () => {
    const [first] = [await take('a', 20 * MB), take('a', 20 * MB)];
    await take('b', 20 * MB);
    expect(admitted).toEqual(['a', 'b']);
    first.release();
    first.release();
    await jest.advanceTimersByTimeAsync(0);
    expect(admitted).toEqual(['a', 'b', 'a']);
  });

  it('are bounded for all users together, who are let in by turns', async () => {
    const places = [];
    for (const user of ['a', 'b', 'c', 'd', 'e']) places.push(await take(user, 19 * MB));
    void take('large', 20 * MB);
    void take('small', 1 * MB);
    await jest.advanceTimersByTimeAsync(0);
    expect(admitted).toHaveLength(5);
    places[0]!.release();
    await jest.advanceTimersByTimeAsync(0);
    expect(admitted.slice(5)).toEqual(['large', 'small']);
  });

  it('are refused after ten seconds without room, with words and when to come back', async () => {
    await take('a', 25 * MB);
    const refused = expect(take('a', 1 * MB)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      status: 503,
      retryable: true,
      retryAfter: 5,
    });
    await jest.advanceTimersByTimeAsync(10_000);
    await refused;
  });

  it('are refused at once where a hundred of a user wait', async () => {
    await take('a', 25 * MB);
    const waiting = Array.from({ length: 100 }, () => take('a', 1 * MB).catch(() => undefined));
    await expect(take('a', 1 * MB)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    await take('b', 1 * MB);
    await jest.advanceTimersByTimeAsync(10_000);
    await Promise.all(waiting);
  });

  it('have room for one that is larger than a share, when it is alone', async () => {
    const place = await take('a', 200 * MB);
    const next = take('b', 1 * MB);
    await jest.advanceTimersByTimeAsync(0);
    expect(admitted).toEqual(['a']);
    place.release();
    await next;
  });

  it('are not waited for by a client that has gone', async () => {
    const place = await take('a', 25 * MB);
    const gone = request();
    const given = take('a', 20 * MB, gone).catch(() => undefined);
    const next = take('a', 10 * MB);
    (gone as unknown as EventEmitter).emit('close');
    await given;
    place.release();
    await next;
    expect(admitted).toEqual(['a', 'a']);
  });

  it('do not hold a place while they come a byte at a time', async () => {
    const slow = request(1_000);
    const quick = request(1_000);
    const done = request(1_000);
    await take('a', 5 * MB, slow);
    await take('b', 5 * MB, quick);
    (await take('c', 5 * MB, done)).arrived();
    for (let second = 0; second < 20; second += 1) {
      slow.socket.bytesRead += 100;
      quick.socket.bytesRead += 5_000;
      await jest.advanceTimersByTimeAsync(1_000);
    }
    expect([slow, quick, done].map(({ socket }) => (socket.destroy as jest.Mock).mock.calls.length)).toEqual([
      1, 0, 0,
    ]);
    expect((slow.socket.write as jest.Mock).mock.calls[0]).toEqual([
      expect.stringContaining('took too long to arrive'),
    ]);
  });

  it('may be slow in the beginning', () => {
    const arrival = { request: request(1_000), since: 0, before: 1_000 };
    expect([isTooSlow(arrival, 10_000), isTooSlow(arrival, 11_000)]).toEqual([false, true]);
  });
});
