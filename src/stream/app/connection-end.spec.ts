import type { ServerResponse } from 'node:http';
import { Connection } from './connection.js';
import { toChunks } from './chunks.js';
import type { Frame } from '../core/sse.js';

/** A connection whose client takes everything at once, and what became of it. */
function connection() {
  const told: string[] = [];
  const response = { socket: {}, destroy: () => told.push('destroyed') } as unknown as ServerResponse;
  const outlet = {
    write: ({ bytes }: { readonly bytes: Uint8Array }, taken: () => void) => {
      told.push(Buffer.from(bytes).toString());
      taken();
    },
    complete: () => told.push('ended'),
  };
  return { told, connection: new Connection(response, outlet, {}) };
}

async function* hello(signal: AbortSignal): AsyncGenerator<readonly Frame[], void> {
  yield [{ data: 'hello' }];
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

const onError = () => [{ data: 'sorry' }];
const said = { source: hello, encode: toChunks, onError };

describe('a stream', () => {
  it('that is told to stop in mid-answer is cut, so that nobody takes it for the whole', async () => {
    const { told, connection: open } = connection();
    const pumped = open.pump(said);
    await new Promise(setImmediate);
    open.stop();
    await pumped;
    expect(told).toEqual(['data: hello\n\n', 'destroyed']);
  });

  it('that has no end of its own just ends', async () => {
    const { told, connection: open } = connection();
    const pumped = open.pump({ ...said, isOpenEnded: true });
    await new Promise(setImmediate);
    open.stop();
    await pumped;
    expect(told).toEqual(['data: hello\n\n', 'ended']);
  });

  it('that fails says so and ends well', async () => {
    const { told, connection: open } = connection();

    const source = async function* (): AsyncGenerator<readonly Frame[], void> {
      await Promise.resolve();
      throw new Error('broken');
    };
    await open.pump({ ...said, source });
    expect(told).toEqual(['data: sorry\n\n', 'ended']);
  });
});
