import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { toChunks, type Chunk } from './chunks.js';
import { Connection } from './connection.js';

const END = 1_000;

/** A client that takes a chunk only when it is told to, and what was written to it. */
function client() {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  let isComplete = false;
  const outlet = {
    write: ({ bytes }: Chunk, taken: () => void) => {
      written.push(Buffer.from(bytes).toString());
      waiting.push(taken);
    },
    complete: () => void (isComplete = true),
  };
  return {
    written,
    outlet,
    get isComplete() {
      return isComplete;
    },
    async takes() {
      waiting.splice(0).forEach((taken) => taken());
      await new Promise(setImmediate);
    },
  };
}

const response = { socket: {}, destroy: () => undefined } as unknown as ServerResponse;
const onError = (error: unknown) => [{ data: `error ${(error as { code: string }).code}` }];

describe('a connection whose token ends', () => {
  it('finishes the frame it has begun, says why it ends, and stops its source', async () => {
    const on = client();
    const connection = new Connection(response, on.outlet, { expiresAt: END });
    const large = 'x'.repeat(40_000);
    let signal!: AbortSignal;
    const pumped = connection.pump({
      source: async function* (given) {
        signal = given;
        yield toChunks([{ data: large }]);
        await once(signal, 'abort');
        yield toChunks([{ data: 'too late' }]);
      },
      encode: (chunks: readonly Chunk[]) => chunks,
      onError,
    });
    await new Promise(setImmediate);
    expect(connection.endWithToken(END - 1)).toBe(false);
    expect(connection.endWithToken(END)).toBe(false);
    // Nobody waits for ever for a client that does not take the rest.
    expect(connection.endWithToken(END + 60_000)).toBe(true);
    expect(on.written).toHaveLength(1);
    while (!on.isComplete) await on.takes();
    await pumped;
    expect(on.written.join('')).toBe(`data: ${large}\n\ndata: error UNAUTHENTICATED\n\n`);
    expect(signal.aborted).toBe(true);
    expect(connection.endWithToken(END + 60_000)).toBe(false);
  });

  it('says so at once while it waits for its source, even for one that does not stop', async () => {
    const on = client();
    const connection = new Connection(response, on.outlet, { expiresAt: Date.now() + 1e9 });
    const never = Promise.withResolvers<void>();
    void connection.pump({
      source: async function* () {
        yield toChunks([{ data: 'hello' }]);
        await never.promise;
        yield toChunks([{ data: 'too late' }]);
      },
      encode: (chunks: readonly Chunk[]) => chunks,
      onError,
    });
    await new Promise(setImmediate);
    await on.takes();
    connection.endWithToken(Date.now() + 2e9);
    expect([on.isComplete, on.written.at(-1)]).toEqual([true, 'data: error UNAUTHENTICATED\n\n']);
    never.resolve();
    await new Promise(setImmediate);
    expect(on.written).toHaveLength(2);
  });

  it('stays open without one, and with one that ends in many years', async () => {
    for (const expiresAt of [undefined, 1e300, Infinity]) {
      const on = client();
      const reader = expiresAt === undefined ? {} : { expiresAt };
      const connection = new Connection(response, on.outlet, reader);
      void connection.pump({
        source: async function* (signal) {
          yield [];
          await once(signal, 'abort');
        },
        encode: () => [],
        onError,
      });
      await new Promise(setImmediate);
      expect(connection.endWithToken(Date.now() + 1e13)).toBe(false);
      expect([on.isComplete, on.written]).toEqual([false, []]);
      connection.stop();
    }
  });
});
