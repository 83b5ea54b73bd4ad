import { getEventListeners } from 'node:events';
import { WaitQueue, type WaitQueueOptions } from './wait-queue.js';

interface Request {
  readonly owner: string;
  readonly size: number;
}

/** A queue for so much room; what is in took it. */
function setUp(room: number, options: Partial<WaitQueueOptions<Request, Request>> = {}) {
  const places = { free: room };
  const queue = new WaitQueue<Request, Request>({
    tryAcquire: (request) => {
      if (request.size > places.free) return undefined;
      places.free -= request.size;
      return request;
    },
    ownerOf: ({ owner }) => owner,
    refusal: ({ size }) => new Error(`no room for ${size}`),
    ...options,
  });
  const admitted: string[] = [];
  const enter = async (owner: string, size = 1, signal?: AbortSignal) => {
    await queue.acquire({ owner, size }, signal);
    admitted.push(`${owner}${size}`);
  };
  const free = (size: number, owner?: string) => {
    places.free += size;
    queue.admit(owner);
  };
  return { queue, admitted, enter, free, places };
}

const pass = () => new Promise(setImmediate);

describe('requests that wait for places', () => {
  it('enter without a wait where there is room', () => {
    const { queue } = setUp(1);
    expect(queue.acquire({ owner: 'a', size: 1 })).toEqual({ owner: 'a', size: 1 });
  });

  it('do not overtake their own owner’s, but let others pass while there is no room for them', async () => {
    const { admitted, enter, free } = setUp(0);
    const all = [enter('a', 3), enter('a', 1), enter('b', 1)];
    free(2);
    await pass();
    expect(admitted).toEqual(['b1']);
    free(3);
    await Promise.all(all);
    expect(admitted).toEqual(['b1', 'a3', 'a1']);
  });

  it('of several owners come in turn', async () => {
    const { admitted, enter, free } = setUp(0);
    const all = [enter('a', 1), enter('a', 1), enter('a', 1), enter('b', 1), enter('c', 1)];
    free(5);
    await Promise.all(all);
    expect(admitted).toEqual(['a1', 'b1', 'c1', 'a1', 'a1']);
  });

  it('of an owner who just had a place come last', async () => {
    const { admitted, enter, free } = setUp(0);
    const all = [enter('a'), enter('b')];
    free(1, 'a');
    await pass();
    expect(admitted).toEqual(['b1']);
    free(1);
    await Promise.all(all);
  });

  it('let in who stood behind one that gave up', async () => {
    const { admitted, enter, places } = setUp(1);
    const controller = new AbortController();
    const large = enter('a', 2, controller.signal);
    const small = enter('a', 1);
    controller.abort(new Error('gone'));
    await expect(large).rejects.toThrow('gone');
    await small;
    expect(admitted).toEqual(['a1']);
    expect(places.free).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('are refused when there are too many, or one waits too long', async () => {
    const { enter } = setUp(0, { maxWaiting: 2, maxWaitingPerOwner: 1, maxWaitMs: 5 });
    const all = [enter('a', 1), enter('b', 2)];
    await expect(enter('a', 3)).rejects.toThrow('no room for 3');
    await expect(enter('c', 4)).rejects.toThrow('no room for 4');
    await expect(all[0]).rejects.toThrow('no room for 1');
    await expect(all[1]).rejects.toThrow('no room for 2');
  });

  it('do not wait with a signal that has aborted', async () => {
    const { enter, free, places } = setUp(0);
    await expect(enter('a', 1, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    free(1);
    expect(places.free).toBe(1);
  });

  it('are all refused at once for one reason', async () => {
    const { queue, enter } = setUp(0);
    const all = [enter('a'), enter('a'), enter('b')];
    queue.refuseAll(new Error('stopping'));
    for (const one of all) await expect(one).rejects.toThrow('stopping');
  });

  it('get one place each where taking one is told to the queue', async () => {
    let free = 0;
    const tell = { admit: () => undefined as void };
    const take = (request: Request) => {
      if (free === 0) return undefined;
      tell.admit();
      free -= 1;
      return request;
    };
    const { queue, admitted, enter } = setUp(0, { tryAcquire: take });
    tell.admit = () => queue.admit();
    const all = [enter('a'), enter('b')];
    free = 2;
    queue.admit();
    await Promise.all(all);
    expect(admitted).toEqual(['a1', 'b1']);
    expect(free).toBe(0);
  });

  it('are told of by who is next', async () => {
    const told: (number | undefined)[] = [];
    const { enter, free } = setUp(0, { onChange: (next) => told.push(next?.size) });
    const all = [enter('a', 1), enter('a', 2)];
    free(1);
    free(2);
    await Promise.all(all);
    expect(told).toEqual([1, 1, 2, undefined]);
  });
});
